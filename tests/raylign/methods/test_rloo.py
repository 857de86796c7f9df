"""RLOO: each response against the mean of the others."""

import pytest
from method_cases import group, run

from raylign.methods import RLOO


def test_rloo_advantages_by_hand_with_and_without_the_judges_bonus():
    rows = [(1.0, True, -1.0), (3.0, False, -1.0), (8.0, True, -1.0)]
    plain, _ = run(RLOO(beta=0.0), [group(*rows)])
    assert [term.coefficient for term in plain.terms] == pytest.approx([1 - 11 / 2, 3 - 9 / 2, 8 - 4 / 2])
    bonus, _ = run(RLOO(beta=0.0, judge_bonus=4.0), [group(*rows)])  # 5, 3, 12
    assert [term.coefficient for term in bonus.terms] == pytest.approx([5 - 15 / 2, 3 - 17 / 2, 12 - 8 / 2])


def test_distance_from_the_reference_costs_reward():
    # Three tokens each, log-ratios 0 and 1.5 nats: with beta 2 the rewards 1 and 3 become 1 and 0.
    chosen, _ = run(RLOO(beta=2.0), [group((1.0, True, -1.0), (3.0, True, -0.5))])
    assert [term.coefficient for term in chosen.terms] == pytest.approx([1.0, -1.0])


def test_rloo_compares_within_a_prompt():
    rows = [(5.0, True, -1.0), (6.0, True, -1.0)]
    chosen, _ = run(RLOO(), [group(*rows), group((50.0, True, -1.0), (50.0, True, -1.0), number=1)])
    assert [term.coefficient for term in chosen.terms] == [-1.0, 1.0, 0.0, 0.0]
