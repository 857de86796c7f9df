"""From a step's groups to examples: what a method sees, what is scored, what each example carries."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from fakes import FakeFleet, FakeReference, make_completion, make_prompt
from loop_job import make_job
from pairs_job import pairs_job

from raylign.clock import Clock
from raylign.loop.prepare import TaskBatch, prepare
from raylign.methods import CRPG, GRPO, ReinforcePP
from raylign.methods.method import Method
from raylign.rewards.overlong import PunishOverlong, SkipOverlong
from raylign.types import Group, Preference, Sample
from raylign.verdicts import Verdict

MATH, CHAT, TALK = make_job().tasks
"""CRPG, CRRAFT with rho 0.5, OAIF."""


def sample(
    task: str, index: int | None, *, satisfied: bool = True, reward: float = 0.0, version: int | None = 0
) -> Sample:
    logprob = None if version is None else -1.0
    completion = make_completion(make_prompt(task), index, tokens=1 + (index or 0), logprob=logprob, version=version)
    verdict = Verdict(judge="even", satisfied=satisfied)
    return Sample(completion=completion, verdicts=(verdict,), reward=reward)


def group(task: str, *samples: Sample, **others: Any) -> Group:
    return Group(prompt=make_prompt(task), samples=samples, **others)


async def prepared(task: Any, *groups: Group, version: int = 0) -> tuple[TaskBatch, FakeReference]:
    fleet = FakeFleet()
    (batch,) = await prepare({task.name: task}, groups, fleet.workers, Clock(), version=version, memories={})
    return batch, fleet.reference


def baseline(task: str, *, satisfied: bool = True, reward: float = 0.0) -> Sample:
    return sample(task, None, satisfied=satisfied, reward=reward, version=None)


@pytest.mark.parametrize(("enforced", "trained"), [(True, []), (False, [0])])
async def test_judges_that_are_not_enforced_do_not_keep_a_method_from_a_sample(
    enforced: bool, trained: Sequence[int]
) -> None:
    seen = group("chat", sample("chat", 0, satisfied=False), baseline=baseline("chat", satisfied=False))
    near = CHAT.model_copy(
        update={"enforce_judges": enforced, "method": CHAT.method.model_copy(update={"kl_max": 1e6})}
    )
    batch, _ = await prepared(near, seen)
    assert [term.samples[0].completion.index for term in batch.chosen.terms] == trained
    assert batch.groups[0].samples[0].satisfied is False  # what is reported stays as it was judged


async def test_a_baseline_response_has_no_age_and_nothing_to_correct() -> None:
    far = group("chat", sample("chat", 0), baseline=baseline("chat", reward=1.0))
    tight = CHAT.model_copy(update={"method": CHAT.method.model_copy(update={"kl_max": 1e-6})})
    far = replace(
        far, samples=(replace(far.samples[0], completion=replace(far.samples[0].completion, logprobs=(9.0,))),)
    )
    batch, _ = await prepared(tight, far, version=3)
    (example,) = batch.examples
    assert example.staleness is None
    assert example.sequences[0].behavior == example.sequences[0].reference


@pytest.mark.parametrize(
    ("versions", "age"), [((3, 3), 0), ((3, 2), 1), ((2, 3), 1), ((3, None), None), ((None, 1), None)]
)
async def test_an_example_is_as_old_as_its_oldest_sample_and_without_age_where_one_is_not_the_policys(
    versions: Sequence[int | None], age: int | None
) -> None:
    pair = [sample("talk", index, version=version) for index, version in enumerate(versions)]
    batch, _ = await prepared(TALK, group("talk", *pair, preference=Preference(probability=0.0)), version=3)
    (example,) = batch.examples
    assert example.staleness == age
    assert [len(sequence.response_ids) for sequence in example.sequences] == [2, 1]  # the second was preferred


async def test_the_first_sample_is_scored_whatever_the_judges_say_of_it() -> None:
    seen = group(
        "chat", *(sample("chat", index, satisfied=index == 2) for index in range(4)), baseline=baseline("chat")
    )
    batch, reference = await prepared(CHAT, seen)
    assert sorted(str(index) for _, index in reference.scored) == ["0", "2", "None"]
    assert set(batch.scores) == set(reference.scored)


async def test_terms_without_a_gradient_are_counted_in_the_mean_and_in_the_skips() -> None:
    flat = [group("math", sample("math", index, satisfied=False), baseline=baseline("math")) for index in range(2)]
    batch, _ = await prepared(MATH, *flat)
    assert (len(batch.chosen.terms), batch.examples, batch.skips) == (2, [], {"no gradient": 2})


async def test_each_task_weighs_rho_over_its_terms_and_keeps_the_jobs_order() -> None:
    groups = [
        group("chat", sample("chat", 0), baseline=baseline("chat")),
        group("math", sample("math", 0), sample("math", 1, satisfied=False), baseline=baseline("math")),
    ]
    tasks = {task.name: task for task in (MATH, CHAT)}
    batches = await prepare(tasks, groups, FakeFleet().workers, Clock(), version=0, memories={})
    assert [batch.task.name for batch in batches] == ["math", "chat"]
    assert [{example.weight for example in batch.examples} for batch in batches] == [{0.5}, {0.5}]


@pytest.mark.parametrize(
    ("method", "per", "weights"),
    [
        (CRPG(), "response", [2 / 3, 2 / 3, 2 / 3]),
        (GRPO(), "response", [2 / 3, 2 / 3, 2 / 3]),
        # 6 tokens in all. A token of a sum weighs what its response does; of a mean over t tokens, 1/t of it.
        (CRPG(), "token", [2 / 6, 2 / 6, 2 / 6]),
        (GRPO(), "token", [2 / 6, 4 / 6, 6 / 6]),
        # By the limit of 8 tokens: 24 for the three.
        (CRPG(), "limit", [2 / 24, 2 / 24, 2 / 24]),
        (GRPO(), "limit", [2 / 24, 4 / 24, 6 / 24]),
    ],
)
async def test_what_counts_alike_is_a_response_or_a_token(method: Method, per: str, weights: Sequence[float]) -> None:
    task = MATH.model_copy(update={"weight": 2.0, "method": method, "per": per, "max_tokens": 8})
    samples = [sample("math", index, satisfied=index > 0, reward=float(index)) for index in range(3)]
    batch, _ = await prepared(task, group("math", *samples, baseline=baseline("math")))
    assert [len(example.sequences[0].response_ids) for example in batch.examples] == [1, 2, 3]
    assert [example.weight for example in batch.examples] == pytest.approx(weights)


async def test_a_constant_for_every_token_goes_with_its_response() -> None:
    task = MATH.model_copy(update={"method": ReinforcePP(beta=0.0)})
    batch, _ = await prepared(task, group("math", *(sample("math", index, reward=float(index)) for index in range(2))))
    by_length = {len(one.response_ids): one.credit for example in batch.examples for one in example.sequences}
    # Three tokens, of rewards 0, 1, 1: mean 2/3.
    deviation = math.sqrt(2 / 9) + 1e-4
    assert by_length[1] == pytest.approx([-2 / 3 / deviation])
    assert by_length[2] == pytest.approx([1 / 3 / deviation] * 2)


async def test_tokens_without_a_gradient_are_counted_in_the_mean() -> None:
    task = MATH.model_copy(update={"method": GRPO(beta=0), "per": "token"})
    flat, steep = (
        group("math", *(sample("math", index, reward=slope * index) for index in range(2))) for slope in (0.0, 1.0)
    )
    batch, _ = await prepared(task, flat, steep)
    assert [example.weight for example in batch.examples] == [1 / 6, 2 / 6]


@pytest.mark.parametrize("method", [CRPG(), GRPO()])
async def test_responses_of_no_token_have_no_mean_and_weigh_nothing_that_is_not_finite(method: Method) -> None:
    task = MATH.model_copy(update={"method": method, "per": "token"})
    silent = [
        replace(one, completion=replace(one.completion, token_ids=(), logprobs=()))
        for one in (sample("math", index, reward=float(index)) for index in range(2))
    ]
    batch, _ = await prepared(task, group("math", *silent, baseline=baseline("math")))
    assert [example.weight for example in batch.examples] in ([1.0, 1.0], [0.0, 0.0])


def cut(one: Sample) -> Sample:
    return replace(one, completion=replace(one.completion, finish="length"))


async def test_who_was_cut_is_not_trained_on_where_the_task_has_it_so_and_is_measured_all_the_same() -> None:
    """GRPO compares: of the second prompt one is left, which nothing can be held against."""
    skipping = MATH.model_copy(update={"method": GRPO(), "overlong": SkipOverlong()})
    some = group("math", cut(sample("math", 0)), sample("math", 1), sample("math", 2, reward=1.0))
    most = group("math", cut(sample("math", 0)), cut(sample("math", 1)), sample("math", 2))
    batch, reference = await prepared(skipping, some, replace(most, prompt=make_prompt("math", 1)))
    assert [term.samples[0].completion.index for term in batch.chosen.terms] == [1, 2]
    assert batch.skips == {"cut": 3, "others cut": 1}
    assert [len(one.samples) for one in batch.groups] == [3, 3]
    assert ("math/0", 0) in reference.scored  # the policy's first sample tells of the distance, cut or not
    batch, _ = await prepared(skipping.model_copy(update={"overlong": PunishOverlong()}), some)
    assert [term.samples[0].completion.index for term in batch.chosen.terms] == [0, 1, 2]


async def test_a_pair_of_which_one_was_cut_is_none() -> None:
    skipping = TALK.model_copy(update={"overlong": SkipOverlong()})
    pair = group("talk", sample("talk", 0), cut(sample("talk", 1)), preference=Preference(probability=0.9))
    batch, _ = await prepared(skipping, pair)
    assert (batch.chosen.terms, batch.skips) == ([], {"cut": 1, "others cut": 1})


async def test_the_present_weights_are_asked_once_where_a_method_compares_a_step_s_responses() -> None:
    (task,) = pairs_job(task={"method": {"loss": "kto"}}).tasks
    groups = [
        Group(
            prompt=prompt,
            samples=tuple(
                Sample(completion=make_completion(prompt, at, tokens=1 + at, logprob=None, version=None), verdicts=())
                for at in (0, 1)
            ),
        )
        for prompt in (make_prompt("talk", 0), make_prompt("talk", 1))
    ]
    fleet = FakeFleet()
    (batch,) = await prepare({"talk": task}, groups, fleet.workers, Clock(), version=0, memories={})
    assert fleet.calls == ["score", "score held out"]
    # Four responses, and each prompt with the other's.
    assert [len(said) for said in fleet.trainer.scored] == [6]
    assert len(fleet.reference.scored) == 6
    # Of the mismatched, one token of id 10 each: the policy's -10/100 under the reference's -10/90.
    assert [example.sequences[0].target for example in batch.examples] == pytest.approx([10 / 90 - 10 / 100] * 4)
    assert sorted(example.coefficient for example in batch.examples) == [-1, -1, 1, 1]
    assert all(len(example.sequences) == 1 for example in batch.examples)
