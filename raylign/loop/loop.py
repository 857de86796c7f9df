"""The loop: one optimizer step per turn, each line hands its result to the next.

    source (online: draw -> generate -> judge) -> prepare (select -> score) -> pack -> step -> publish

Nothing flows back but the weights version, and what a task's method is to know in its next step. Publishing is for jobs
that roll out: for their source, or the evaluation. A pause is heeded wherever nobody is in the middle of a step.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress

from raylign.clock import Clock
from raylign.errors import Paused
from raylign.loop.ailments import Ailments, require_examples, require_verdicts
from raylign.loop.canaries import Alarm
from raylign.loop.evaluate import evaluate
from raylign.loop.follower import Follower
from raylign.loop.measure import oldest, step_done
from raylign.loop.packing import pack
from raylign.loop.pause import Pause
from raylign.loop.prepare import prepare
from raylign.loop.shown import samples_shown
from raylign.loop.stand import Stand
from raylign.record.checkpoint import Progress
from raylign.record.events import Emit
from raylign.record.events.payloads import EvaluationDone, Status
from raylign.sources.collect import Collector
from raylign.sources.source import Source
from raylign.spec.job import Job
from raylign.types import Prompt


async def train(
    job: Job,
    source: Source,
    collector: Collector,
    eval_prompts: Mapping[str, Sequence[Prompt]],
    emit: Emit,
    stand: Stand,
    pause: Pause,
    follower: Follower | None = None,
) -> None:
    """Run the steps from where it stands to the end, on what ``source`` gives; it is closed then. ``eval_prompts``: by
    task. ``follower``: of a reference that comes after the policy.

    Rollout workers, where somebody asks them, must hold the version of ``stand``. Raises what the workers raise,
    `NothingToTrain` when nothing usable comes for ``max_empty_steps`` steps, and `Paused`, ``stand`` being up to date.
    """
    tasks = {task.name: task for task in job.tasks}
    fleet = collector.fleet
    ailments, alarm = Ailments(emit), Alarm(emit)
    start = stand.progress
    version, empty, memories = start.version, start.empty_steps, start.memories

    async def evaluated(done: int) -> None:
        await pause.unless(_evaluate(job, source, eval_prompts, collector, emit, done=done))

    async with aclosing(source):
        # A resumed run's checkpoint was written before its step's evaluation: that one may not have come to its end.
        await evaluated(start.next_step)
        for step in range(start.next_step, job.steps):
            clock = Clock()
            groups = await pause.unless(source.groups(step, clock))
            prepared = prepare(tasks, groups, fleet, clock, version=version, memories=memories)
            batches = await pause.unless(prepared)
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
                    await _publish(collector, version, clock, pause)
            if follower:
                with clock.phase("publish"):
                    await follower.after(step + 1)
            empty = 0 if examples else empty + 1
            emit(step_done(job, step, version, age, batches, stats, clock))
            for seen in samples_shown(job, step, groups):
                emit(seen)
            ailments.look(batches, stats)
            alarm.look(batches)
            require_examples(batches, empty=empty, limit=job.max_empty_steps)
            stand.progress = Progress(step + 1, version, empty, memories)
            # Checkpoint and evaluation both come after the last step, too.
            if step + 1 == job.steps or (step + 1) % job.checkpoint.every == 0:
                await stand.keep()
            await evaluated(step + 1)


async def _publish(collector: Collector, version: int, clock: Clock, pause: Pause) -> None:
    """Unless a pause comes while a step that is ahead is generated: who goes on publishes what they begin with."""
    with suppress(Paused):
        await pause.unless(collector.generating.acquire())
        try:
            with clock.phase("publish"):
                await collector.fleet.weights.publish(version)
        finally:
            collector.generating.release()


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
