"""CGPO's selection and weights against numbers worked out by hand from the paper's equations."""

import math

import pytest
from fakes import make_completion, make_prompt

from raylign.judges.annotators import RewardAnnotator
from raylign.methods import CODPO, CRPG, CRRAFT, GRPO, OAIF
from raylign.methods.calibration import calibrated_reward
from raylign.methods.crpg import regularized_reward
from raylign.types import Group, Preference, Sample, Verdict

OAIF_METHOD = OAIF(annotator=RewardAnnotator())
METHODS = [CRPG(kl_max=10.0), CODPO(), CRRAFT(kl_max=10.0), GRPO(judge_bonus=1.0), OAIF_METHOD]


def sample(prompt, index, *, reward=0.0, satisfied=True, logprob=-1.0, tokens=3):
    return Sample(
        completion=make_completion(prompt, index, logprob=logprob, tokens=tokens),
        verdicts=(Verdict(judge="j", satisfied=satisfied),),
        reward=reward,
        reward_problem="" if reward is not None else "not finite",
    )


def group(*samples_of, baseline=None, number=0, preference=None):
    """``samples_of``: (reward, satisfied) or (reward, satisfied, logprob) per sample; every response has 3 tokens."""
    prompt = make_prompt(number=number)
    samples = tuple(
        sample(prompt, index, reward=row[0], satisfied=row[1], logprob=row[2] if len(row) > 2 else -1.0 - index / 8)
        for index, row in enumerate(samples_of)
    )
    a_bar = None if baseline is None else sample(prompt, None, reward=baseline[0], satisfied=baseline[1])
    return Group(prompt=prompt, samples=samples, baseline=a_bar, preference=preference)


def scores(groups, logprob=-1.0):
    """Reference log-probs: the same for every token."""
    found = {}
    for one in groups:
        for each in (*one.samples, *([one.baseline] if one.baseline else [])):
            found[each.completion.key] = (logprob,) * len(each.completion.token_ids)
    return found


def run(method, groups, reference=-1.0):
    selection = method.select(groups)
    chosen = method.weigh(selection, scores(groups, reference))
    return chosen, selection.skips + chosen.skips


def test_calibrated_reward_is_the_sigmoid_of_the_difference():
    prompt = make_prompt()
    better, worse = sample(prompt, 0, reward=2.0), sample(prompt, 1, reward=0.5)
    assert calibrated_reward(better, worse) == pytest.approx(0.8175744761936437, abs=1e-15)
    assert calibrated_reward(worse, better) == pytest.approx(0.18242552380635635, abs=1e-15)
    assert calibrated_reward(better, better) == 0.5
    assert calibrated_reward(sample(prompt, 0, reward=1e6), sample(prompt, 1, reward=-1e6)) == 1.0
    assert calibrated_reward(sample(prompt, 0, reward=-1e6), sample(prompt, 1, reward=1e6)) == 0.0


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


@pytest.mark.parametrize("method", [METHODS[0], GRPO(beta=0.0)], ids=lambda method: method.type)
@pytest.mark.parametrize("reward", [0.1, 1 / 3, 1e9 / 7])
@pytest.mark.parametrize("count", [2, 3, 11, 49])
def test_equal_rewards_have_exactly_no_advantage(method, reward, count):
    rows = [(reward, True, -1.0)] * count
    groups = [group(*rows, baseline=(0.0, True), number=number) for number in range(3)]
    chosen, _ = run(method, groups)
    assert len(chosen.terms) == 3 * count
    assert {term.coefficient for term in chosen.terms} == {0.0}
    assert [term for term in chosen.terms if method.moves(term)] == []


def test_a_term_moves_by_its_constant_or_by_a_penalty_that_stands_beside_it():
    chosen, _ = run(GRPO(), [group((5.0, True), (5.0, True)), group((-1.0, True), (1.0, True), number=1)])
    assert [term for term in chosen.terms if GRPO(beta=0.04).moves(term)] == chosen.terms
    assert [term for term in chosen.terms if GRPO(beta=0.0).moves(term)] == chosen.terms[2:]
    assert [term for term in chosen.terms if CRPG().moves(term)] == chosen.terms[2:]


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


def test_crraft_takes_the_best_within_kl_max():
    # reference -4 per token: log-ratio 3 * (logprob + 4). The best reward is beyond KL_max = 10, the second is within.
    groups = [group((9.0, True, -0.5), (5.0, True, -1.0), (7.0, False, -1.0), baseline=(5.0, True))]
    chosen, skips = run(CRRAFT(kl_max=10.0), groups, reference=-4.0)
    (term,) = chosen.terms
    assert term.samples[0].reward == 5.0
    assert term.coefficient == 0.5
    assert not skips


def test_crraft_falls_back_to_the_baseline_only_if_it_satisfies():
    groups = [
        group((9.0, False), (8.0, False), baseline=(1.0, True)),
        group((9.0, False), (8.0, False), baseline=(1.0, False), number=1),
    ]
    chosen, skips = run(CRRAFT(kl_max=10.0), groups)
    (term,) = chosen.terms
    assert term.samples[0].completion.index is None
    assert term.coefficient == 0.5  # sigmoid(0)
    assert skips == {"none satisfied": 1, "baseline taken": 1}


def test_crraft_baseline_is_not_asked_to_pass_the_kl_filter():
    groups = [group((9.0, True, -0.1), baseline=(1.0, True))]
    chosen, skips = run(CRRAFT(kl_max=10.0), groups, reference=-9.0)  # everything is beyond KL_max
    assert chosen.terms[0].samples[0].completion.index is None
    assert skips == {"baseline taken": 1}


def test_crraft_skips_when_all_are_beyond_kl_max_and_the_baseline_violates():
    chosen, skips = run(CRRAFT(kl_max=10.0), [group((9.0, True, -0.1), baseline=(1.0, False))], reference=-9.0)
    assert chosen.terms == []
    assert skips == {"beyond KL_max": 1}


def test_crpg_without_calibration_takes_the_sigmoid_of_the_reward_and_no_baseline():
    chosen, skips = run(CRPG(kl_max=10.0, calibrate=False), [group((2.0, True), (1.0, False))], reference=-1.0)
    factor = 1.0  # the first sample's log-probs are the reference's
    r = factor / (1 + math.exp(-2.0))
    assert [term.coefficient for term in chosen.terms] == pytest.approx([r / 2, -r / 2])
    assert not skips


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


def test_oaif_orders_the_pair_by_the_annotator_and_ties_go_to_the_first():
    for probability, winner in ((0.9, 0), (0.5, 0), (0.49, 1)):
        preference = Preference(probability=probability)
        prompt = make_prompt()
        samples = (sample(prompt, 0, tokens=2), sample(prompt, 1, tokens=3))
        chosen, _ = run(OAIF_METHOD, [Group(prompt=prompt, samples=samples, preference=preference)])
        assert chosen.terms[0].samples[0].completion.index == winner


def test_oaif_skips_identical_responses_and_counts_abstentions():
    prompt = make_prompt()
    same = Group(prompt=prompt, samples=(sample(prompt, 0), sample(prompt, 1)))
    silent = Group(
        prompt=make_prompt(number=1),
        samples=(sample(make_prompt(number=1), 0, tokens=1), sample(make_prompt(number=1), 1)),
        preference=Preference(probability=None, reason="no answer"),
    )
    chosen, skips = run(OAIF_METHOD, [same, silent])
    assert chosen.terms == []
    assert skips == {"identical": 1, "annotator no answer": 1}


@pytest.mark.parametrize("method", METHODS[:4], ids=lambda method: method.type)
def test_an_abstention_is_counted_and_never_trained_on(method):
    groups = [group((5.0, None), (1.0, True), (0.0, False), baseline=(0.0, True))]
    chosen, skips = run(method, groups)
    assert all(each.satisfied is not None for term in chosen.terms for each in term.samples)
    assert skips["abstained"] == 1


@pytest.mark.parametrize("method", METHODS[:4], ids=lambda method: method.type)
def test_a_missing_reward_is_never_a_zero_reward(method):
    groups = [group((None, True), (-4.0, True), (-6.0, False), baseline=(-5.0, True))]
    chosen, _ = run(method, groups)
    assert all(each.reward is not None for term in chosen.terms for each in term.samples)


@pytest.mark.parametrize("method", [METHODS[0], METHODS[2]], ids=lambda method: method.type)
def test_a_baseline_without_reward_leaves_nothing_to_calibrate(method):
    chosen, skips = run(method, [group((1.0, True), baseline=(None, True))])
    assert chosen.terms == []
    assert skips == {"baseline reward not finite": 1}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.type)
def test_no_groups_are_no_terms(method):
    chosen, skips = run(method, [])
    assert chosen.terms == []
    assert not skips
