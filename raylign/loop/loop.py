"""The loop: one optimizer step per turn, each line hands its result to the next.

    source (online: draw -> generate -> judge) -> prepare (select -> score) -> pack -> step -> publish

Nothing flows back but the weights version, and what a task's method is to know in its next step. Publishing is for jobs
that roll out: for their source, or the evaluation.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing

from raylign.clock import Clock
from raylign.loop.ailments import Ailments, require_examples, require_verdicts
from raylign.loop.canaries import Alarm
from raylign.loop.evaluate import evaluate
from raylign.loop.measure import oldest, step_done
from raylign.loop.packing import pack
from raylign.loop.prepare import prepare
from raylign.loop.shown import samples_shown
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events import Emit
from raylign.record.events.payloads import CheckpointSaved, EvaluationDone, Status
from raylign.sources.collect import Collector
from raylign.sources.source import Source
from raylign.spec.job import Job
from raylign.types import Prompt


async def train(
    job: Job,
    source: Source,
    collector: Collector,
    eval_prompts: Mapping[str, Sequence[Prompt]],
    checkpoints: Checkpoints,
    emit: Emit,
    start: Progress,
) -> None:
    """Run the steps from ``start`` to the end, on what ``source`` gives; it is closed then. ``eval_prompts``: by task.

    Rollout workers, where somebody asks them, must hold version ``start.version``. Raises what the workers raise, and
    `NothingToTrain` when nothing usable comes for ``max_empty_steps`` steps.
    """
    tasks = {task.name: task for task in job.tasks}
    fleet = collector.fleet
    ailments, alarm = Ailments(emit), Alarm(emit)
    version, empty, memories = start.version, start.empty_steps, start.memories
    async with aclosing(source):
        # A resumed run's checkpoint was written before its step's evaluation: that one may not have come to its end.
        await _evaluate(job, source, eval_prompts, collector, emit, done=start.next_step)
        for step in range(start.next_step, job.steps):
            clock = Clock()
            groups = await source.groups(step, clock)
            batches = await prepare(tasks, groups, fleet.reference, clock, version=version, memories=memories)
            memories = {batch.task.name: batch.chosen.memory for batch in batches if batch.chosen.memory}
            with clock.phase("pack"):
                examples = [example for batch in batches for example in batch.examples]
                microbatches = pack(
                    examples,
                    ranks=job.trainer.ranks,
                    tokens_per_microbatch=job.trainer.tokens_per_microbatch,
                    layout=job.layout,
                )
            age, stats = oldest(groups, version), None
            if examples:
                with clock.phase("step"):
                    stats = await fleet.trainer.step(step, microbatches)
                clock.part("norms", of="step", seconds=stats.task_norms_s)
                version += 1
                if job.rolls_out:
                    async with collector.generating:
                        with clock.phase("publish"):
                            await fleet.weights.publish(version)
            empty = 0 if examples else empty + 1
            emit(step_done(job, step, version, age, batches, stats, clock))
            for seen in samples_shown(job, step, groups):
                emit(seen)
            ailments.look(batches, stats)
            alarm.look(batches)
            require_examples(batches, empty=empty, limit=job.max_empty_steps)
            done = Progress(step + 1, version, empty, memories)
            await _milestones(job, source, eval_prompts, collector, checkpoints, emit, done)


async def _milestones(
    job: Job,
    source: Source,
    eval_prompts: Mapping[str, Sequence[Prompt]],
    collector: Collector,
    checkpoints: Checkpoints,
    emit: Emit,
    done: Progress,
) -> None:
    """The checkpoint and the evaluation that fall due after a step; both always after the last one."""
    if done.next_step == job.steps or done.next_step % job.checkpoint.every == 0:
        emit(Status(phase="checkpoint", detail=f"step {done.next_step}"))
        path = await checkpoints.save(collector.fleet.trainer, done)
        emit(CheckpointSaved(step=done.next_step, path=str(path)))
    await _evaluate(job, source, eval_prompts, collector, emit, done=done.next_step)


async def _evaluate(
    job: Job,
    source: Source,
    eval_prompts: Mapping[str, Sequence[Prompt]],
    collector: Collector,
    emit: Emit,
    *,
    done: int,
) -> None:
    """The evaluation that falls due once ``done`` steps are made, if one does."""
    if job.evaluation.due(done, job.steps):
        emit(Status(phase="evaluate", detail=f"the policy after {done} steps"))
        found = await evaluate(job, eval_prompts, collector, source.held_out())
        emit(EvaluationDone(step=done, tasks=found.tasks))
        if done == 0:
            for task in job.tasks:
                require_verdicts(task, found.groups[task.name])
