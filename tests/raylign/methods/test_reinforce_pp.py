"""REINFORCE++: advantages of tokens, over the batch."""

import math

import pytest
from method_cases import group, run

from raylign.methods import ReinforcePP
from raylign.methods.reinforce_pp import normalized


def credits(method, *groups):
    return [term.credit for term in run(method, list(groups))[0].terms]


def test_a_token_answers_for_its_own_log_ratio_and_those_to_come():
    # Rewards 3 and 0; of the first's three tokens each is 0.5 nats likelier than by the reference. With beta 2 its
    # tokens have 3 - 3, 3 - 2, 3 - 1, the second's 0: mean 0.5, squared deviations 0.25 + 0.25 + 2.25 + 3 * 0.25.
    (first, second) = credits(ReinforcePP(beta=2.0), group((3.0, True, -0.5), (0.0, True, -1.0)))
    deviation = math.sqrt(3.5 / 6) + 1e-4
    assert first == pytest.approx([-0.5 / deviation, 0.5 / deviation, 1.5 / deviation])
    assert second == pytest.approx([-0.5 / deviation] * 3)


def test_the_batch_is_normalised_not_the_prompt():
    rows = credits(ReinforcePP(beta=0.0), group((1.0, True), (3.0, True)), group((5.0, True), (7.0, True), number=1))
    deviation = math.sqrt(5) + 1e-4
    assert [row[0] for row in rows] == pytest.approx([value / deviation for value in (-3, -1, 1, 3)])


def test_with_a_baseline_rewards_are_held_against_their_prompts_first():
    groups = group((1.0, True), (3.0, True)), group((5.0, True), (9.0, True), number=1)
    rows = credits(ReinforcePP(beta=0.0, baseline=True), *groups)
    deviation = math.sqrt(2.5) + 1e-4
    assert [row[0] for row in rows] == pytest.approx([value / deviation for value in (-1, 1, -2, 2)])


def test_kl_in_the_loss_is_none_in_the_reward():
    inside, beside = ReinforcePP(beta=2.0), ReinforcePP(beta=2.0, kl="loss")
    (first, second) = credits(beside, group((3.0, True, -0.5), (0.0, True, -1.0)))
    assert first == pytest.approx([1.5 / 1.5001] * 3)
    assert second == pytest.approx([-1.5 / 1.5001] * 3)
    assert (inside.objective.settings["beta"], beside.objective.settings["beta"]) == (0.0, 2.0)


def test_one_response_to_a_prompt_is_enough_without_a_baseline():
    assert len(run(ReinforcePP(), [group((3.0, True))])[0].terms) == 1
    assert run(ReinforcePP(baseline=True), [group((3.0, True))])[1] == {"no group": 1}


@pytest.mark.parametrize("kl", ["reward", "loss"])
def test_a_batch_of_equal_rewards_has_exactly_no_advantage(kl):
    method = ReinforcePP(kl=kl, beta=0.0)
    groups = [group(*[(1 / 3, True, -1.0)] * 7, number=number) for number in range(3)]
    chosen, _ = run(method, groups)
    assert {value for term in chosen.terms for value in term.credit} == {0.0}
    assert [term for term in chosen.terms if method.moves(term)] == []


def test_nothing_is_normalised_to_nothing():
    assert normalized([]) == []
    assert normalized([[], [4.0]]) == [[], [0.0]]
