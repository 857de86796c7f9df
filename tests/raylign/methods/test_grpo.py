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


def test_without_the_deviation_advantages_are_differences():
    chosen, _ = run(GRPO(normalize=False), [group((1.0, True), (3.0, False), (8.0, True))])
    assert [term.coefficient for term in chosen.terms] == [-3.0, -1.0, 4.0]


def test_groups_of_equal_reward_are_dropped_and_counted():
    flat, steep = group((5.0, True), (5.0, True)), group((-1.0, True), (1.0, True), number=1)
    chosen, skips = run(GRPO(drop_equal=True), [flat, steep])
    assert [term.group for term in chosen.terms] == [steep, steep]
    assert skips == {"equal rewards": 1}
    # The judges' bonus tells apart what the reward does not.
    chosen, skips = run(GRPO(drop_equal=True, judge_bonus=1.0), [group((5.0, True), (5.0, False))])
    assert (len(chosen.terms), skips) == (2, {})


def test_both_sides_of_the_clip_are_one_unless_the_upper_is_named():
    assert GRPO(clip=0.1).objective.settings == {"clip": 0.1, "clip_high": 0.1, "beta": 0.04}
    assert GRPO(clip_high=0.28).objective.settings == {"clip": 0.2, "clip_high": 0.28, "beta": 0.04}
