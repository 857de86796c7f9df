"""Ways of choosing among labelled pairs, by their names."""

from pkgutil import resolve_name
from typing import get_args

import numpy as np
import pytest

from raylign.acquisition.acquisition import WAYS, Acquisition
from raylign.acquisition.adpo import adpo_plus
from raylign.acquisition.logged import Logged
from raylign.acquisition.logistic import Candidates, fit, logits


def logged(count=60):
    rng = np.random.default_rng(0)
    candidates = Candidates(features_ND=rng.normal(size=(count, 3)) / 4, bias_N=rng.normal(size=count))
    labels = (rng.random(count) < 0.5).astype(float)
    return Logged(candidates=candidates, labels_N=labels, surprise_N=rng.random(count))


def chosen(name, pairs, **settings):
    how = Acquisition(type=name, budget=10, **settings)
    return resolve_name(WAYS[name])(pairs, how, np.random.default_rng(1))


def test_every_name_has_a_way():
    assert get_args(Acquisition.model_fields["type"].annotation) == tuple(WAYS)


@pytest.mark.parametrize("name", WAYS)
def test_a_budget_is_kept_and_nobody_chosen_twice(name):
    first = chosen(name, logged())
    assert len(set(first)) == len(first) == 10
    assert chosen(name, logged()) == first


def test_names_mean_what_they_say():
    pairs = logged()
    gaps = np.abs(logits(pairs.candidates, fit(pairs.candidates, pairs.labels_N, beta=1.0, ridge=0.01), beta=1.0))
    assert set(chosen("gap", pairs)) == set(np.argsort(gaps)[-10:].tolist())
    assert set(chosen("entropy", pairs)) == set(np.argsort(pairs.surprise_N)[-10:].tolist())
    settings = {"beta": 2.0, "gamma": 0.5, "alpha": 1.0, "searched": 7}
    same = adpo_plus(pairs.candidates, pairs.labels_N, 10, rng=np.random.default_rng(1), **settings)
    assert chosen("adpo_plus", pairs, **settings) == same


def test_adpo_looks_at_no_label_but_of_those_it_chose():
    pairs = logged()
    first = chosen("adpo", pairs, alpha=0.0)
    turned = pairs.labels_N.copy()
    turned[[at for at in range(60) if at not in first]] = 0.123
    other = Logged(candidates=pairs.candidates, labels_N=turned, surprise_N=pairs.surprise_N)
    assert chosen("adpo", other, alpha=0.0) == first
