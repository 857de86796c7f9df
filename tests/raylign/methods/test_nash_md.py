"""Nash-MD: chances against a mixture."""

import math

import pytest
from method_cases import group, run

from raylign.methods import NashMD
from raylign.methods.nash_md import leads_of


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def coefficients(method, *groups):
    return [term.coefficient for term in run(method, list(groups))[0].terms]


def test_against_itself_by_hand():
    rows = [(1.0, True, -1.0), (3.0, False, -1.0), (2.0, True, -1.0)]
    found = coefficients(NashMD(mixture=0.0, tau=0.0), group(*rows))
    two, one = sigmoid(2) - 0.5, sigmoid(1) - 0.5
    assert found == pytest.approx([-(two + one) / 2, (two + one) / 2, 0.0])
    # With 4 for who satisfies: 5, 3, 6.
    found = coefficients(NashMD(mixture=0.0, tau=0.0, judge_bonus=4.0), group(*rows))
    assert found[0] == pytest.approx((sigmoid(2) + sigmoid(-1)) / 2 - 0.5)


def test_the_reference_counts_for_as_much_as_the_mixture_has_of_it():
    # Log-ratios 0, 3 and -3 (three tokens of -1, 0 and -2 against -1): with m = 1/3 the others weigh 1/e and e.
    rows = [(0.0, True, -1.0), (1.0, True, 0.0), (4.0, True, -2.0)]
    first, *_ = coefficients(NashMD(mixture=1 / 3, tau=0.0), group(*rows))
    heavy, light = math.e, 1 / math.e
    assert first == pytest.approx((light * sigmoid(-1) + heavy * sigmoid(-4)) / (light + heavy) - 0.5)


def test_distance_from_the_reference_costs_chance():
    rows = [(0.0, True, -1.0), (0.0, True, -0.5)]
    assert coefficients(NashMD(mixture=0.5, tau=0.1), group(*rows)) == pytest.approx([0.0, -0.1 * 1.5])


def test_the_weighed_mean_is_the_chance_against_the_mixture():
    """Of three responses in all, each as often among the others as the policy draws it."""
    policy, reference, rewards, m = [0.5, 0.25, 0.25], [0.1, 0.6, 0.3], [0.0, 1.0, -2.0], 0.4
    mixed = [p ** (1 - m) * q**m for p, q in zip(policy, reference, strict=True)]
    exact = sum(share * sigmoid(0.7 - reward) for share, reward in zip(mixed, rewards, strict=True)) / sum(mixed)
    drawn = [0, 0, 1, 2]
    weights = [m * math.log(reference[at] / policy[at]) for at in drawn]
    assert leads_of([0.7, *(rewards[at] for at in drawn)], [0.0, *weights])[0] == pytest.approx(exact - 0.5)


def test_far_from_the_reference_weights_do_not_vanish_together():
    assert leads_of([0.0, 1.0, 1.0], [0.0, -5000.0, -5001.0])[0] == pytest.approx(sigmoid(-1) - 0.5)
