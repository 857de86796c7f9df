"""The Lagrangian: advantages at the multipliers, multipliers by the share of violations."""

import math
import random
from dataclasses import replace
from statistics import fmean

import pytest
from fakes import make_prompt
from method_cases import sample, scores

from raylign.methods import Lagrangian
from raylign.types import Group
from raylign.verdicts import Verdict


def judged(*rows, number=0):
    """A prompt's samples as (reward, {judge: satisfied})."""
    prompt = make_prompt(number=number)
    samples = [
        replace(
            sample(prompt, index, reward=reward),
            verdicts=tuple(Verdict(judge=label, satisfied=word) for label, word in words.items()),
        )
        for index, (reward, words) in enumerate(rows)
    ]
    return Group(prompt=prompt, samples=tuple(samples))


def weighed(method, *groups, memory=None):
    selection = replace(method.select(groups), memory=memory or {})
    return method.weigh(selection, scores(groups))


def advantages(chosen):
    return [term.coefficient for term in chosen.terms]


A, B = {"a": True, "b": True}, {"a": False, "b": True}
C = {"a": False, "b": False}


def test_advantages_are_combined_at_the_multipliers_by_hand():
    # Rewards 1, 3, 8: differences -3, -1, 4. Costs of a 0, 1, 1, of b 0, 0, 1: -2/3, 1/3, 1/3 and -1/3, -1/3, 2/3.
    group = judged((1.0, A), (3.0, B), (8.0, C))
    plain = weighed(Lagrangian(normalize=False), group, memory={"a": 3.0, "b": 6.0})
    assert advantages(plain) == pytest.approx([-3 + 2 + 2, -1 - 1 + 2, 4 - 1 - 4])
    scaled = weighed(Lagrangian(), group, memory={"a": 3.0, "b": 6.0})
    deviation, of_cost = math.sqrt(26 / 3) + 1e-4, math.sqrt(2) / 3 + 1e-4
    assert advantages(scaled) == pytest.approx([
        -3 / deviation + (2 + 2) / of_cost,
        -1 / deviation + (-1 + 2) / of_cost,
        4 / deviation + (-1 - 4) / of_cost,
    ])  # fmt: skip


def test_a_multiplier_moves_by_how_far_its_share_is_from_its_target():
    method = Lagrangian(rate=0.3, target=0.5, targets={"b": 0.0}, initial=2.0)
    first = weighed(method, judged((1.0, A), (2.0, B), (3.0, C), (4.0, B)))
    assert first.figures == {"multiplier/a": 2.0, "multiplier/b": 2.0, "violated/a": 0.75, "violated/b": 0.25}
    assert first.memory == pytest.approx({"a": 2.0 + 0.3 * 0.25, "b": 2.0 + 0.3 * 0.25})
    then = weighed(method, judged((1.0, A), (2.0, A)), memory=first.memory)
    assert then.memory == pytest.approx({"a": 2.075 - 0.3 * 0.5, "b": 2.075})


def test_a_multiplier_is_no_reward_for_violations_and_has_a_ceiling():
    within, beyond = judged((1.0, A), (2.0, A)), judged((1.0, C), (2.0, C))
    assert weighed(Lagrangian(), within, memory={"a": 0.005, "b": 1.0}).memory["a"] == 0.0
    assert weighed(Lagrangian(ceiling=3.0), beyond, memory={"a": 2.99, "b": 1.0}).memory["a"] == 3.0


def test_a_judge_that_no_prompt_of_the_step_has_keeps_its_multiplier():
    chosen = weighed(Lagrangian(), judged((1.0, {"a": True}), (2.0, {"a": True})), memory={"a": 1.0, "b": 0.7})
    assert chosen.memory["b"] == 0.7
    nothing = weighed(Lagrangian(), memory={"b": 0.7})
    assert (nothing.terms, nothing.memory) == ([], {"b": 0.7})


def test_a_prompt_pays_for_the_judges_that_it_has():
    chosen = weighed(
        Lagrangian(normalize=False),
        judged((0.0, {"a": True}), (0.0, {"a": False})),
        judged((0.0, {"b": False}), (0.0, {"b": True}), number=1),
        memory={"a": 2.0, "b": 8.0},
    )
    assert advantages(chosen) == [1.0, -1.0, -4.0, 4.0]


def test_who_lacks_a_judges_word_is_counted_and_has_no_part():
    groups = [judged((1.0, {"a": False, "b": None}), (2.0, A), (3.0, B)), judged((1.0, A), (None, A), number=1)]
    method = Lagrangian()
    selection = method.select(groups)
    assert [len(samples) for _, samples in selection.chosen] == [2]
    assert selection.skips == {"abstained": 1, "reward not finite": 1, "no group": 1}


@pytest.mark.parametrize(("normalize", "gap", "price"), [(True, 2.0, 1.0), (False, 2.0, 2.0)])
def test_on_two_arms_the_multiplier_comes_to_the_price_of_the_violation(normalize, gap, price):
    """One arm gives ``gap`` more and violates. At the optimum neither arm gains: with the KL pull of a reference that
    violates as often as the target allows, the multiplier is the gap, in the advantages' unit, and the share is the
    target."""
    chance, target, pull = random.Random(0), 0.25, 0.5
    method = Lagrangian(target=target, rate=0.1, initial=0.0, normalize=normalize)
    logit, memory, kept = 1.0, {}, []
    anchor = math.log(target / (1 - target))
    for step in range(400):
        share = 1 / (1 + math.exp(-logit))
        draws = [[chance.random() < share for _ in range(16)] for _ in range(2)]
        groups = [
            judged(*((gap * wrong, {"a": not wrong}) for wrong in row), number=number)
            for number, row in enumerate(draws)
        ]
        chosen = weighed(method, *groups, memory=memory)
        memory = chosen.memory
        wrongs = [wrong for row in draws for wrong in row]
        gradient = fmean(
            advantage * (wrong - share) for advantage, wrong in zip(advantages(chosen), wrongs, strict=True)
        )
        logit += 1.0 * (gradient - pull * share * (1 - share) * (logit - anchor))
        if step >= 200:
            kept.append((memory["a"], share))
    assert fmean(multiplier for multiplier, _ in kept) == pytest.approx(price, abs=0.15)
    assert fmean(share for _, share in kept) == pytest.approx(target, abs=0.04)
