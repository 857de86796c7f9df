"""CRPG against numbers worked out by hand from the equations of its paper."""

import math

import pytest
from method_cases import group, run

from raylign.methods import CRPG
from raylign.methods.crpg import regularized_reward


def test_crpg_regularizer_multiplies_and_is_clipped_at_zero_only_below():
    assert regularized_reward(0.8, 2.5, kl_max=10) == pytest.approx(0.6)
    assert regularized_reward(0.8, 10.0, kl_max=10) == 0.0
    assert regularized_reward(0.8, 25.0, kl_max=10) == 0.0
    assert regularized_reward(0.8, -5.0, kl_max=10) == pytest.approx(1.2)  # a negative log-ratio: above 1


def test_crpg_advantages_by_hand():
    # log-ratio of a response: 3 tokens * (-1 - (-1.5)) = 1.5, so the factor is 1 - 1.5/10 = 0.85 for all of them.
    groups = [
        group((1.0, True, -1.0), (3.0, False, -1.0), baseline=(1.0, True)),
        group((-2.0, True, -1.0), (-1.0, True, -1.0), baseline=(-2.0, False), number=1),
    ]
    chosen, skips = run(CRPG(kl_max=10.0), groups, reference=-1.5)
    r = [0.85 * 0.5, 0.0, 0.85 * 0.5, 0.85 / (1 + math.exp(-1.0))]
    mean = sum(r) / 4
    assert [term.coefficient for term in chosen.terms] == pytest.approx([value - mean for value in r], abs=1e-12)
    assert chosen.calibrated == pytest.approx((0.5, 0.5, 1 / (1 + math.exp(-1.0))))
    assert not skips


def test_crpg_pushes_violating_samples_down_by_the_batch_mean_whatever_their_reward():
    groups = [group((100.0, False), (0.0, True), baseline=(0.0, True))]
    chosen, _ = run(CRPG(kl_max=10.0), groups)
    assert chosen.terms[0].coefficient < 0 < chosen.terms[1].coefficient
    assert sum(term.coefficient for term in chosen.terms) == pytest.approx(0.0)


def test_crpg_when_all_violate_gives_no_gradient():
    chosen, _ = run(CRPG(kl_max=10.0), [group((1.0, False), (2.0, False), baseline=(0.0, True))])
    assert [term.coefficient for term in chosen.terms] == [0.0, 0.0]


def test_crpg_without_calibration_takes_the_sigmoid_of_the_reward_and_no_baseline():
    chosen, skips = run(CRPG(kl_max=10.0, calibrate=False), [group((2.0, True), (1.0, False))], reference=-1.0)
    factor = 1.0  # the first sample's log-probs are the reference's
    r = factor / (1 + math.exp(-2.0))
    assert [term.coefficient for term in chosen.terms] == pytest.approx([r / 2, -r / 2])
    assert not skips
