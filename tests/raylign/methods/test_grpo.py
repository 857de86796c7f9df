"""GRPO: advantages within a group."""

import math

import pytest
from method_cases import group, run

from raylign.methods import GRPO


def test_grpo_advantages_by_hand_with_and_without_the_judges_bonus():
    rows = [(1.0, True), (3.0, False), (2.0, True)]
    plain, _ = run(GRPO(), [group(*rows)])
    bonus, _ = run(GRPO(judge_bonus=4.0), [group(*rows)])  # 5, 3, 6: mean 14/3, deviation sqrt(14)/3
    deviation = math.sqrt(2 / 3) + 1e-4
    assert [term.coefficient for term in plain.terms] == pytest.approx([-1 / deviation, 1 / deviation, 0.0])
    deviation = math.sqrt(14) / 3 + 1e-4
    expected = [(value - 14 / 3) / deviation for value in (5, 3, 6)]
    assert [term.coefficient for term in bonus.terms] == pytest.approx(expected)


def test_grpo_compares_within_a_prompt_and_equal_rewards_have_no_advantage():
    chosen, _ = run(GRPO(), [group((5.0, True), (5.0, True)), group((-1.0, True), (1.0, True), number=1)])
    assert [term.coefficient for term in chosen.terms] == pytest.approx([0, 0, -1 / 1.0001, 1 / 1.0001])


def test_grpo_without_a_bonus_trains_on_what_judges_could_not_tell():
    chosen, skips = run(GRPO(), [group((5.0, None), (1.0, False))])
    assert len(chosen.terms) == 2
    assert not skips


def test_grpo_skips_a_response_alone():
    chosen, skips = run(GRPO(), [group((None, True), (1.0, True))])
    assert chosen.terms == []
    assert skips == {"reward not finite": 1, "no group": 1}
