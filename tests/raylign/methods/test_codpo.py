"""CODPO: which pair it makes, and when none."""

from method_cases import group, run

from raylign.methods import CODPO


def test_codpo_pairs_best_satisfying_with_worst_violating_under_negative_rewards():
    # Multiplying the mask into the reward would make the masked samples (0) beat the satisfying ones (< 0).
    groups = [group((-5.0, True), (-3.0, True), (-9.0, False), (-1.0, False))]
    chosen, _ = run(CODPO(), groups)
    (term,) = chosen.terms
    assert [each.reward for each in term.samples] == [-3.0, -9.0]


def test_codpo_skips_a_prompt_without_a_satisfying_response():
    chosen, skips = run(CODPO(), [group((1.0, False), (2.0, False))])
    assert chosen.terms == []
    assert skips == {"none satisfied": 1}


def test_codpo_without_violations_takes_the_lowest_reward_of_all():
    chosen, _ = run(CODPO(), [group((1.0, True), (4.0, True), (-2.0, True))])
    assert [each.reward for each in chosen.terms[0].samples] == [4.0, -2.0]


def test_codpo_skips_when_the_winner_would_be_its_own_loser():
    chosen, skips = run(CODPO(), [group((1.0, True), (1.0, True))])
    assert chosen.terms == []
    assert skips == {"no contrast": 1}


def test_codpo_tie_between_winner_and_a_violating_loser_is_still_a_pair():
    chosen, _ = run(CODPO(), [group((1.0, True), (1.0, False))])
    assert [each.satisfied for each in chosen.terms[0].samples] == [True, False]


def test_codpo_ties_are_broken_by_order():
    chosen, _ = run(CODPO(), [group((2.0, True), (2.0, True), (0.0, False), (0.0, False))])
    assert [each.completion.index for each in chosen.terms[0].samples] == [0, 2]
