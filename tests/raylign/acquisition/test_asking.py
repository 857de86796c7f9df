"""Which pairs of a step are asked about: by hand, and against the design that it goes on with."""

import numpy as np
import pytest

from raylign.acquisition.acquisition import Asking
from raylign.acquisition.asking import asked_about, projection
from raylign.acquisition.logistic import Candidates

NONE = Candidates(features_ND=np.zeros((0, 2)), bias_N=np.zeros(0))
ALONG = Candidates(features_ND=np.array([[1.0, 0.0], [0.9, 0.0], [0.0, 0.8], [0.0, 0.1]]), bias_N=np.zeros(4))


def asked(how, *, pool=ALONG, seen=NONE, labels=(), count=1, surprise=(0.0, 3.0, 2.0, 1.0)):
    rng = np.random.default_rng(0)
    return asked_about(pool, np.array(surprise), seen, np.array(labels, dtype=float), count, Asking(**how), rng)


def test_without_labels_the_longest_pair_comes_first_and_then_another_direction():
    assert asked({}, count=2) == asked({"type": "apo"}, count=2) == [0, 2]


def test_a_direction_in_which_much_was_asked_is_left_for_another():
    seen = Candidates(features_ND=np.array([[1.0, 0.0]] * 20), bias_N=np.zeros(20))
    for how in ({}, {"type": "apo"}):
        assert asked(how, seen=seen, labels=[1.0, 0.0] * 10) == [2]


def test_a_pair_that_labels_have_made_sure_tells_less():
    seen = Candidates(
        features_ND=np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]] * 20), bias_N=np.zeros(80)
    )
    labels = [1.0, 0.0, 1.0, 1.0] * 20  # the first direction is certain, the second as likely as not
    pool = Candidates(features_ND=np.array([[1.0, 0.0], [0.0, 0.9]]), bias_N=np.zeros(2))
    assert asked({"alpha": 0.0, "gamma": 1.0}, pool=pool, seen=seen, labels=labels, surprise=(0.0, 0.0)) == [1]
    assert asked({"type": "apo"}, pool=pool, seen=seen, labels=labels, surprise=(0.0, 0.0)) == [0]


def test_the_other_ways_look_at_no_label():
    assert asked({"type": "entropy"}, count=2) == [1, 2]
    assert sorted(asked({"type": "uniform"}, count=9)) == [0, 1, 2, 3]


@pytest.mark.parametrize("wanted", [64, 256])
def test_projection_keeps_inner_products_about_as_they_are(wanted):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 1024)) / 32
    flat = vectors @ projection(1024, wanted, np.random.default_rng(1))
    assert flat.shape == (20, wanted)
    assert np.abs(flat @ flat.T - vectors @ vectors.T).max() < 6 / np.sqrt(wanted)
    assert (projection(8, wanted, rng) == np.eye(8)).all()
