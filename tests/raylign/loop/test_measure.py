"""Task metrics against numbers worked out by hand."""

from collections import Counter
from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt
from loop_job import make_job

from raylign.loop.measure import group_metrics, oldest, sequence_kl, task_metrics
from raylign.loop.prepare import TaskBatch
from raylign.methods.selection import Chosen
from raylign.record.events.tasks import TaskMetrics
from raylign.types import Group, Key, Rating, Sample
from raylign.verdicts import Verdict


def group(number: int, *verdicts: bool | None, rewards: tuple[float | None, ...] = (), **others: object) -> Group:
    """One sample per verdict, of 1, 2, ... tokens, each token at log-prob -1."""
    prompt = make_prompt(number=number)
    samples = tuple(
        Sample(
            completion=replace(make_completion(prompt, index, tokens=index + 1), **others),  # type: ignore[arg-type]
            verdicts=(Verdict(judge="even", satisfied=said), Verdict(judge="kind", satisfied=True)),
            reward=rewards[index] if rewards else 0.0,
        )
        for index, said in enumerate(verdicts)
    )
    return Group(prompt=prompt, samples=samples)


def scored(*samples: Sample, logprob: float) -> dict[Key, tuple[float, ...]]:
    return {one.completion.key: (logprob,) * len(one.completion.token_ids) for one in samples}


def measured(*groups: Group) -> TaskMetrics:
    """With the first sample of each prompt scored, as it always is."""
    return TaskMetrics(**group_metrics(groups, scored(*(one.samples[0] for one in groups), logprob=-1.0)))


def test_shares_are_over_responses_and_means_over_those_that_have_one() -> None:
    groups = [group(0, True, False, None, rewards=(1.0, None, 4.0)), group(1, None, finish="length")]
    found = measured(*groups)
    assert (found.satisfied, found.abstained, found.truncated) == (0.25, 0.5, 0.25)
    assert found.reward == pytest.approx((1.0 + 4.0 + 0.0) / 3)
    assert (found.tokens, found.prompts) == (7 / 4, 2)


def test_a_judge_counts_where_it_had_a_word() -> None:
    found = measured(group(0, True, False, None), group(1, None))
    assert found.judges == {"even": 0.5, "kind": 1.0}
    assert found.asked == {"even": 1, "kind": 2}
    silent = measured(group(0, None))
    assert (silent.judges["even"], silent.asked) == (None, {"kind": 1})


def test_kl_is_the_mean_log_ratio_of_prompts() -> None:
    """Two samples of 1 and 2 tokens, both scored 0.5 nats lower a token; and one prompt of which the first alone is."""
    whole, part = group(0, True, True), group(1, True, True, True)
    scores = scored(*whole.samples, logprob=-1.5) | scored(part.samples[0], part.samples[2], logprob=-3.0)
    assert sequence_kl([whole], scores) == pytest.approx((0.5 + 1.0) / 2)
    assert sequence_kl([part], scores) == pytest.approx(2.0)
    assert sequence_kl([whole, part], scores) == pytest.approx((0.75 + 2.0) / 2)


def test_what_the_policy_did_not_make_says_nothing_of_it() -> None:
    """Or a file's responses would be measured as if the policy were certain of them."""
    own, foreign = group(0, True), group(1, True, version=None, logprobs=())
    scores = scored(*own.samples, *foreign.samples, logprob=-1.5)
    assert sequence_kl([foreign], scores) is None
    assert sequence_kl([own, foreign], scores) == pytest.approx(0.5)


def test_judges_have_said_nothing_where_nobody_asked_them() -> None:
    """Whoever made the responses: those that an evaluation draws of a finished model have no version either."""
    drawn = group(0, True, False, version=None)
    assert measured(drawn).satisfied == 0.5
    held = replace(drawn, samples=tuple(replace(one, asked=False) for one in drawn.samples))
    assert (measured(held).satisfied, measured(held).abstained) == (None, None)


def test_nothing_measured_is_no_number() -> None:
    found = measured()
    assert (found.satisfied, found.reward, found.kl, found.tokens, found.prompts) == (None, None, None, None, 0)


def test_a_step_adds_what_the_method_made_of_it() -> None:
    one = group(0, True)
    batch = TaskBatch(
        task=make_job().tasks[0], groups=[one],
        chosen=Chosen(terms=[], calibrated=(0.25, 0.75), figures={"multiplier/answer": 1.5}),
        scores=scored(*one.samples, logprob=-1.0), examples=[], skips=Counter({"abstained": 3}),
    )  # fmt: skip
    found = task_metrics(batch)
    assert (found.calibrated, found.examples, found.skips, found.kl) == (0.5, 0, {"abstained": 3}, 0.0)
    assert found.method == {"multiplier/answer": 1.5}


def test_a_step_is_as_stale_as_its_oldest_sample_of_the_policy() -> None:
    fresh, old, foreign = group(0, True, version=4), group(1, True, version=2), group(2, True, version=None)
    assert oldest([fresh, old, foreign], 4) == 2
    assert oldest([foreign], 4) == oldest([], 4) == 0


def test_the_parts_of_a_reward_are_measured_where_there_are_several() -> None:
    one = group(0, True, True, True)
    values: list[tuple[float, float | None]] = [(1.0, 4.0), (0.5, None), (0.0, 8.0)]
    rated = [
        replace(sample, ratings=(Rating(reward="rules", value=rules), Rating(reward="length", value=length)))
        for sample, (rules, length) in zip(one.samples, values, strict=True)
    ]
    assert measured(replace(one, samples=tuple(rated))).rewards == {"rules": 0.5, "length": 6.0}
    alone = [replace(sample, ratings=sample.ratings[:1]) for sample in rated]
    assert measured(replace(one, samples=tuple(alone))).rewards == {}
