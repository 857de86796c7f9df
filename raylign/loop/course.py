"""A job's course once its workers stand: its source made ready, the first weights published, and the steps."""

from raylign.errors import Paused
from raylign.loop.follower import Follower
from raylign.loop.loop import train
from raylign.loop.pause import Pause
from raylign.loop.stand import Stand
from raylign.record.checkpoint import Progress
from raylign.record.events.payloads import Status
from raylign.record.kept import AnyCheckpoints, references_of
from raylign.sources.source import Means, opened
from raylign.spec.job import Job


async def take_course(job: Job, means: Means, checkpoints: AnyCheckpoints, start: Progress, pause: Pause) -> None:
    """From ``start``, which the trainer holds, to the last step. Raises what the source and the loop raise; `Paused`
    once a checkpoint holds all steps made.
    """
    collector, emit = means.collector, means.emit
    async with opened(job, means) as source:
        if job.rolls_out:
            emit(Status(phase="publishing", detail=f"version {start.version} to every rollout worker"))
            await collector.fleet.weights.publish(start.version, verify_all=True)
        follows, follower = job.reference and job.reference.follows, None
        if follows:
            follower = Follower(follows, collector.fleet.reference, references_of(checkpoints, means.run), checkpoints)
            follower.begin(start.next_step)
        emit(Status(phase="training"))
        stand = Stand(checkpoints, collector.fleet.trainer, emit, start)
        with pause.heeded():
            try:
                await train(job, source, collector, means.world.eval_prompts, emit, stand, pause, follower)
            except Paused:
                await stand.keep()
                raise
