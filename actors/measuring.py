"""Two models on the same prompts with the same seeds, one after the other: what each task's feedback says of either."""

import asyncio
from collections.abc import Mapping

from actors.cluster.connection import describe
from actors.fleet import RayFleet
from actors.text.world import read_world
from raylign.loop.evaluate import Evaluated, evaluate
from raylign.plan.check import check_job
from raylign.plan.resolve import make_plan
from raylign.record.events import Emit
from raylign.record.events.payloads import Status
from raylign.sources.collect import Collector
from raylign.spec.kinds.measure import Measure


async def measure_all(jobs: Mapping[str, Measure], *, job_id: str, emit: Emit) -> dict[str, Evaluated]:
    """By the jobs' names for them. Raises what plan, fleet and workers raise."""
    found = {}
    for side, job in jobs.items():
        emit(Status(phase=side, detail=job.policy.model))
        checked = check_job(job, keep=True)
        plan = make_plan(job, describe(), checked=checked)
        world, _ = await asyncio.to_thread(read_world, job, checked.kept)
        async with RayFleet(job, plan, job_id=job_id, emit=emit) as fleet:
            workers = await fleet.start()
            emit(Status(phase=side, detail="generating and judging"))
            collector = Collector(workers, {task.name: task for task in job.tasks})
            found[side] = await evaluate(job, world.eval_prompts, collector)
    return found
