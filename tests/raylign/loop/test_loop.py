"""The loop over in-process workers: order of calls, randomness without history, staleness, resume, empty steps."""

from dataclasses import replace
from itertools import count

import pytest
from depths import deep
from fakes import FakeFleet
from loop_job import PROMPTS, make_job, take

from raylign.errors import NothingToTrain, WorkerLost
from raylign.methods import GRPO, Lagrangian
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import EvaluationDone, Status, StepDone
from raylign.sources.draw import draw


async def run(job, fleet, directory, *, start=None, events=None):
    """Train; returns the events, which a run that fails leaves in ``events``. The fleet's calls are those of steps."""
    events = [] if events is None else events

    def emit(said):
        events.append(said)
        if said == Status(phase="training"):
            fleet.calls.clear()

    await take(job, fleet, directory, start=start, emit=emit)
    return events


def metrics(events):
    """The step events less what depends on the clock."""
    return [replace(step, seconds={}, step_s=0.0, tokens_per_s=0.0) for step in of(StepDone, events)]


def of(kind, events):
    """What was said of that kind."""
    return [said for said in events if isinstance(said, kind)]


async def test_phases_come_in_the_order_of_the_design(tmp_path):
    fleet = FakeFleet()
    await run(make_job(evaluation={"prompts": 0}, steps=2, checkpoint={"every": 9}), fleet, tmp_path)
    steps = [call for call in fleet.calls if call != "judge"]
    assert steps == ["generate", "generated", "score", "step", "publish"] * 2 + ["save"]


async def test_each_task_weighs_rho_over_its_number_of_terms(tmp_path):
    fleet = FakeFleet()
    await run(make_job(steps=1), fleet, tmp_path)
    (examples,) = fleet.trainer.batches
    for name, rho in (("math", 1.0), ("chat", 0.5), ("talk", 1.0)):
        weights = {example.weight for example in examples if example.task == name}
        count = sum(example.task == name for example in examples)
        assert weights == {rho / count}


async def test_one_optimizer_step_takes_all_tasks(tmp_path):
    fleet = FakeFleet()
    await run(make_job(), fleet, tmp_path)
    assert fleet.calls.count("step") == 6
    assert all({example.task for example in batch} == {"math", "chat", "talk"} for batch in fleet.trainer.batches)


async def test_a_step_says_what_its_losses_measured_and_its_tasks_gradients_were(tmp_path):
    first, second = of(StepDone, await run(make_job(steps=2), FakeFleet(), tmp_path))
    tasks = ("chat", "math", "talk")
    assert first.train.loss_metrics == {task: {"margin": 0.25} for task in tasks}
    assert (first.train.grad_norm_by_task, second.train.grad_norm_by_task) == (dict.fromkeys(tasks, 0.75), {})
    assert first.seconds["norms"] == 1e-6
    assert "norms" not in second.seconds


async def test_order_of_arrival_changes_nothing(tmp_path):
    first, second = FakeFleet(), FakeFleet(shuffle=7)
    one = await run(make_job(), first, tmp_path / "a")
    two = await run(make_job(), second, tmp_path / "b")
    assert first.trainer.state == second.trainer.state
    assert metrics(one) == metrics(two)


async def test_another_seed_is_another_run(tmp_path):
    first, second = FakeFleet(), FakeFleet()
    await run(make_job(), first, tmp_path / "a")
    await run(make_job(seed=1), second, tmp_path / "b")
    assert first.trainer.state != second.trainer.state


@pytest.mark.parametrize("stop", [2, 4])
async def test_resumed_equals_uninterrupted(tmp_path, stop):
    whole = FakeFleet()
    straight = await run(make_job(), whole, tmp_path / "whole")
    broken = FakeFleet()
    real_step, count = broken.trainer.step, 0

    async def dies(step, microbatches):
        nonlocal count
        count += 1
        if count == stop + 2:
            raise WorkerLost("policy/0 died")
        return await real_step(step, microbatches)

    broken.trainer.step = dies
    with pytest.raises(WorkerLost):
        await run(make_job(), broken, tmp_path / "broken")
    path, progress = Checkpoints(tmp_path / "broken").latest()
    assert progress.next_step == stop
    again = FakeFleet()
    await again.trainer.load(path)
    resumed = await run(make_job(), again, tmp_path / "broken", start=progress)
    assert again.trainer.state == whole.trainer.state
    assert metrics(resumed) == metrics(straight)[stop:]


def die_at(fleet, moment):
    """Before or after some call, or between two handfuls of a generation, a worker is lost."""
    moments = count()

    def live():
        if next(moments) == moment:
            raise WorkerLost(f"died at moment {moment}")

    def mortal(method):
        async def call(*args, **kwargs):
            live()
            result = await method(*args, **kwargs)
            live()
            return result

        return call

    generate = fleet.rollouts.generate

    async def mortal_generate(requests):
        live()
        async for handful in generate(requests):
            yield handful
            live()

    fleet.rollouts.generate = mortal_generate
    for worker, name in [
        (fleet.judges, "judge"), (fleet.judges, "reward"), (fleet.judges, "prefer"), (fleet.reference, "score"),
        (fleet.trainer, "step"), (fleet.trainer, "save"), (fleet.weights, "publish"),
    ]:  # fmt: skip
        setattr(worker, name, mortal(getattr(worker, name)))


def evaluations(events):
    return {said.step: said.tasks for said in of(EvaluationDone, events)}


@deep("every", short=3, whole=1)
@pytest.mark.parametrize("staleness", [0, 1])
async def test_whatever_dies_whenever_no_prompt_is_lost_and_none_is_trained_on_twice(tmp_path, staleness, every):
    job = make_job(steps=3, rollout={"max_staleness": staleness}, evaluation={"prompts": 1, "every": 2})
    math, _, talk = (task.model_copy(update={"prompts_per_step": 1, "samples_per_prompt": 2}) for task in job.tasks)
    job = job.model_copy(update={"tasks": (math, talk)})

    def trained(batches):
        return [sorted((e.task, s.prompt_ids, s.response_ids) for e in batch for s in e.sequences) for batch in batches]

    whole = FakeFleet()
    straight = await run(job, whole, tmp_path / "whole")
    assert len(whole.trainer.batches) == job.steps
    for moment in count(step=every):
        broken, again, events = FakeFleet(), FakeFleet(), []
        die_at(broken, moment)
        try:
            await run(job, broken, tmp_path / str(moment), events=events)
        except WorkerLost:
            found = Checkpoints(tmp_path / str(moment)).latest()
        else:
            break
        start = found[1] if found else Progress()
        if found:
            await again.trainer.load(found[0])
        resumed = await run(job, again, tmp_path / str(moment), start=start)
        batches = broken.trainer.batches[: start.next_step] + again.trainer.batches
        assert trained(batches) == trained(whole.trainer.batches), moment
        assert evaluations(events + resumed) == evaluations(straight), moment
        if staleness == 0:
            assert again.trainer.state == whole.trainer.state, moment
            assert metrics(resumed) == metrics(straight)[start.next_step :], moment
    assert moment > 50


@pytest.mark.parametrize("staleness", [0, 1])
async def test_what_a_method_knows_of_the_steps_before_is_resumed_exactly(tmp_path, staleness):
    job = make_job(steps=5, rollout={"max_staleness": staleness}, evaluation={"prompts": 0})
    math, chat, _ = job.tasks
    bought = math.model_copy(update={"method": Lagrangian(rate=0.3)})
    job = job.model_copy(update={"tasks": (bought, chat)})
    straight = metrics(await run(job, FakeFleet(), tmp_path / "whole"))
    multipliers = [step.tasks["math"].method["multiplier/even"] for step in straight]
    assert multipliers[0] == 1.0
    assert len(set(multipliers)) == 5  # it moves, so that to forget it would be seen
    assert straight[0].tasks["chat"].method == {}

    await run(job.model_copy(update={"steps": 2}), FakeFleet(), tmp_path / "broken")
    path, start = Checkpoints(tmp_path / "broken").latest()
    assert start.memories.keys() == {"math"}
    again = FakeFleet()
    await again.trainer.load(path)
    resumed = metrics(await run(job, again, tmp_path / "broken", start=start))
    assert [step.tasks["math"].method for step in resumed] == [step.tasks["math"].method for step in straight[2:]]
    if staleness == 0:
        assert resumed == straight[2:]


async def test_staleness_one_overlaps_generation_with_training_and_says_so(tmp_path):
    fleet = FakeFleet()
    events = await run(make_job(rollout={"max_staleness": 1}, evaluation={"prompts": 0}), fleet, tmp_path)
    assert [step.staleness for step in of(StepDone, events)] == [0, 1, 1, 1, 1, 1]
    assert {example.staleness for example in fleet.trainer.batches[3]} == {1}
    calls = [call for call in fleet.calls if call in ("generate", "generated", "publish")]
    # A publish never falls between the beginning and the end of a generation.
    assert all(calls[at + 1] == "generated" for at, call in enumerate(calls) if call == "generate")
    first_step = fleet.calls.index("step")
    assert fleet.calls[:first_step].count("generate") == 2


async def test_staleness_one_draws_every_prompt_once_as_staleness_zero_does(tmp_path):
    fresh, stale = FakeFleet(), FakeFleet()
    await run(make_job(), fresh, tmp_path / "a")
    await run(make_job(rollout={"max_staleness": 1}), stale, tmp_path / "b")

    def trained(fleet):
        return [sorted({(e.task, e.sequences[0].prompt_ids) for e in batch}) for batch in fleet.trainer.batches]

    assert trained(fresh) == trained(stale)


async def test_only_what_a_method_selected_and_the_first_samples_are_scored(tmp_path):
    fleet = FakeFleet(verdict=lambda completion: completion.index == 2)
    await run(make_job(steps=1, evaluation={"prompts": 0}), fleet, tmp_path)
    chat = [index for prompt_id, index in fleet.reference.scored if prompt_id.startswith("chat")]
    assert sorted(set(chat)) == [0, 2]
    math = [index for prompt_id, index in fleet.reference.scored if prompt_id.startswith("math")]
    assert sorted(set(math)) == [0, 1, 2, 3]


async def test_judges_that_are_not_enforced_are_reported_and_constrain_nothing(tmp_path):
    async def run_with(directory, **settings):
        fleet = FakeFleet(verdict=lambda completion: completion.index == 0)
        job = make_job(steps=1, evaluation={"prompts": 0})
        task = job.tasks[0].model_copy(update=settings)
        events = await run(job.model_copy(update={"tasks": (task,)}), fleet, tmp_path / directory)
        return metrics(events)[0].tasks["math"], [example.coefficient for example in fleet.trainer.batches[0]]

    reported, loose = await run_with("loose", enforce_judges=False)
    _, strict = await run_with("strict")
    _, bare = await run_with("bare", judges=())
    assert reported.satisfied == 0.25
    assert loose == bare != strict


@pytest.mark.parametrize(("enforced", "satisfied", "trained"), [(True, 0.75, 12), (False, 1.0, 9)])
async def test_beyond_the_rewards_context_violates_only_where_judges_constrain(tmp_path, enforced, satisfied, trained):
    fleet = FakeFleet(verdict=lambda completion: True)
    rewarded = fleet.judges.reward

    async def reward(part, groups):
        values = await rewarded(part, groups)
        return [["too long" if len(row) > 1 and at == 0 else one for at, one in enumerate(row)] for row in values]

    fleet.judges.reward = reward
    job = make_job(steps=1, evaluation={"prompts": 0})
    task = job.tasks[0].model_copy(update={"enforce_judges": enforced})
    events = await run(job.model_copy(update={"tasks": (task,)}), fleet, tmp_path)
    told = metrics(events)[0].tasks["math"]
    assert (told.satisfied, told.skips.get("reward too long", 0)) == (satisfied, 12 - trained)


async def test_a_judge_that_was_not_asked_abstains(tmp_path):
    fleet = FakeFleet()

    async def silent(pairs):
        return [() for _ in pairs]

    fleet.judges.judge = silent
    job = make_job(max_empty_steps=1, evaluation={"prompts": 0})
    job = job.model_copy(update={"tasks": job.tasks[:1]})
    events = []
    with pytest.raises(NothingToTrain, match="abstained 12"):
        await run(job, fleet, tmp_path, events=events)
    assert metrics(events)[0].tasks["math"].abstained == 1.0


async def test_steps_without_a_usable_sample_are_counted_and_then_fatal(tmp_path):
    fleet = FakeFleet(verdict=lambda completion: None)
    job = make_job(max_empty_steps=3, evaluation={"prompts": 0})
    job = job.model_copy(update={"tasks": job.tasks[:2]})
    with pytest.raises(NothingToTrain, match=r"3 steps in a row .*\(math: abstained 12; chat: abstained 6, none satis"):
        await run(job, fleet, tmp_path)
    assert fleet.calls.count("step") == 0


async def test_empty_steps_neither_train_nor_publish_and_the_run_goes_on(tmp_path):
    fleet = FakeFleet()
    fleet.judges.verdict = lambda completion: None if fleet.calls.count("score") % 2 else True
    job = make_job(evaluation={"prompts": 0}, max_empty_steps=2)
    job = job.model_copy(update={"tasks": job.tasks[:1]})
    events = await run(job, fleet, tmp_path)
    assert fleet.calls.count("step") == fleet.calls.count("publish") == 3
    assert [step.version for step in of(StepDone, events)] == [1, 1, 2, 2, 3, 3]


async def test_a_step_that_nothing_satisfies_trains_on_nothing(tmp_path):
    fleet = FakeFleet(verdict=lambda completion: False)
    job = make_job(max_empty_steps=3, evaluation={"prompts": 0})
    job = job.model_copy(update={"tasks": job.tasks[:1]})
    events = []
    with pytest.raises(NothingToTrain, match=r"3 steps in a row .*\(math: no gradient 12\)"):
        await run(job, fleet, tmp_path, events=events)
    assert fleet.calls.count("step") == fleet.calls.count("publish") == 0
    assert [step.tasks["math"].examples for step in of(StepDone, events)] == [0, 0, 0]


async def test_terms_without_a_gradient_are_left_out_and_still_counted_in_the_mean(tmp_path):
    fleet = FakeFleet()
    job = make_job(steps=1, evaluation={"prompts": 0})
    crpg, crraft, _ = job.tasks
    grpo = crpg.model_copy(update={"name": "talk", "method": GRPO(beta=0.0)})
    # The reward is the last token: the same for all answers to two of grpo's three prompts.
    reward = fleet.judges.reward

    async def flat(part, groups):
        values = await reward(part, groups)
        return [
            [1.0] * len(row) if prompt.id in drawn[:2] else row for (prompt, _), row in zip(groups, values, strict=True)
        ]

    fleet.judges.reward = flat
    drawn = [prompt.id for prompt in draw(grpo, PROMPTS["talk"], seed=0, step=0)]
    events = await run(job.model_copy(update={"tasks": (crraft, grpo)}), fleet, tmp_path)
    (examples,) = fleet.trainer.batches
    mine = [example for example in examples if example.task == "talk"]
    assert len(mine) == 4
    assert {example.weight for example in mine} == {1 / 12}
    assert metrics(events)[0].tasks["talk"].skips == {"no gradient": 8}


async def test_a_worker_error_reaches_the_caller_as_it_is(tmp_path):
    fleet = FakeFleet()

    async def fails(pairs):
        raise WorkerLost("judge/0 died")

    fleet.judges.judge = fails
    with pytest.raises(WorkerLost, match="judge/0 died"):
        await run(make_job(), fleet, tmp_path)


async def test_evaluation_before_and_after_uses_the_same_prompts_and_seeds(tmp_path):
    fleet = FakeFleet()
    events = await run(make_job(), fleet, tmp_path)
    measured = of(EvaluationDone, events)
    assert [said.step for said in measured] == [0, 6]
    also = await run(make_job(evaluation={"prompts": 1, "at": [1, 4]}), FakeFleet(), tmp_path / "at")
    assert [said.step for said in of(EvaluationDone, also)] == [0, 1, 4, 6]
    before, after = (said.tasks["math"] for said in measured)
    assert before.satisfied == after.satisfied
    assert len(before.samples) == 2
    assert (before.prompts, metrics(events)[0].tasks["math"].prompts) == (2, 3)
    assert before.asked == {"even": 2}
