"""A job's course: what comes before its first step, and in which order."""

from fakes import FakeFleet
from loop_job import PROMPTS, make_job

from raylign.loop.course import take_course
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import Status
from raylign.record.rundir import RunDirectory
from raylign.record.samples import SampleFile
from raylign.sources.collect import Collector
from raylign.sources.prompts import World
from raylign.sources.source import Means


async def test_an_alignment_makes_baselines_then_publishes_then_trains(tmp_path):
    job, fleet, said = make_job(steps=2), FakeFleet(), []
    run = RunDirectory(tmp_path)
    means = Means(
        collector=Collector(fleet.workers, {task.name: task for task in job.tasks}),
        world=World(prompts=PROMPTS, eval_prompts=PROMPTS),
        encode=lambda prompt: (1, 2),
        run=run,
        emit=said.append,
    )
    await take_course(job, means, Checkpoints(run.checkpoints_path), Progress())
    phases = list(dict.fromkeys(one.phase for one in said if isinstance(one, Status)))
    assert phases == ["baselines", "publishing", "training", "evaluate", "checkpoint"]
    first = fleet.calls.index("publish")
    assert "generate" in fleet.calls[:first]  # the reference's samples, by its own weights
    assert fleet.calls.index("step") > first
    assert fleet.calls.count("publish") == 1 + job.steps
    with SampleFile(run.baselines_path) as kept:
        assert {prompt_id.partition("/")[0] for prompt_id, _ in kept.items()} == {"math", "chat"}
