"""A job's course: what comes before its first step, and in which order."""

from fakes import FakeFleet
from loop_job import make_job, take

from raylign.record.events.payloads import Status
from raylign.record.rundir import RunDirectory
from raylign.record.samples import SampleFile


async def test_an_alignment_makes_baselines_then_publishes_then_trains(tmp_path):
    job, fleet, said = make_job(steps=2), FakeFleet(), []
    await take(job, fleet, tmp_path, emit=said.append)
    phases = list(dict.fromkeys(one.phase for one in said if isinstance(one, Status)))
    assert phases == ["baselines", "publishing", "training", "evaluate", "checkpoint"]
    first = fleet.calls.index("publish")
    assert "generate" in fleet.calls[:first]  # the reference's samples, by its own weights
    assert fleet.calls.index("step") > first
    assert fleet.calls.count("publish") == 1 + job.steps
    with SampleFile(RunDirectory(tmp_path).baselines_path) as kept:
        assert {prompt_id.partition("/")[0] for prompt_id, _ in kept.items()} == {"math", "chat"}
