"""A recipe's stages run in their order, each from what came before; a kill in any of them changes no bit."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import take
from recipe_job import TINY, policy, recipe, stage
from rich.console import Console

from actors import driver, stages
from actors.emitter import Emitter
from actors.stages import drive_work
from raylign.errors import RunError
from raylign.loop.pause import Pause
from raylign.loop.resume import resume
from raylign.plan.cluster import imagined_cluster
from raylign.plan.confinement import Confinement
from raylign.record.checkpoint import Checkpoints
from raylign.record.events.payloads import RunEnded, RunPaused, StageBegun, StepDone
from raylign.record.rundir import RunDirectory
from raylign.show.console import LiveDisplay
from raylign.spec import parse_job
from raylign.trackers.tracking import Tracking

NAMES = ("first", "second", "third")
STAGES = (
    stage("first"),
    stage("second", **policy("first")),
    stage("third", **policy("second"), reference={"model": "stage://first"}),
)
PROMPTS = {"math": [make_prompt("math", number) for number in range(10)]}


class Machine:
    """Runs attempts in this process: a policy begins as what its directory holds. ``dies``: (stage, step)."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self.dies: tuple[str, int] | None = None
        self.hangs: asyncio.Event | None = None

    async def attempt(self, job: Any, run: RunDirectory, job_id: str, emit: Any, dashboard: str, pause: Pause) -> None:
        self.attempts.append(job.name)
        fleet = FakeFleet()
        begins = Path(job.policy.model) / "model.safetensors"
        fleet.trainer.state = json.loads(begins.read_text()) if "stages" in begins.parts else "start"
        real = fleet.trainer.step

        async def step(number: int, microbatches: Any) -> Any:
            if self.dies == (job.name, number):
                if self.hangs:
                    self.hangs.set()
                    await asyncio.sleep(60)
                raise RunError("the machine is gone")
            await asyncio.sleep(0.005)  # a wish is heard between steps
            return await real(number, microbatches)

        fleet.trainer.step = step  # type: ignore[method-assign]
        checkpoints = Checkpoints(run.checkpoints_path)
        start = await resume(checkpoints, fleet.trainer, emit)
        emit.rewind(start.next_step)
        await take(job, fleet, run.checkpoints_path, prompts=PROMPTS, start=start, emit=emit, pause=pause)
        driver._keep_model(run, checkpoints)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(driver, "_attempt", made.attempt)
    monkeypatch.setattr(driver, "WISH_POLL_S", 0.001)
    monkeypatch.setattr(stages, "describe", lambda: imagined_cluster(cpus=8, memory_bytes=64 * 2.0**30))
    return made


async def drive(
    path: Path, document: Any, wish: Any = lambda: "run", confinement: Confinement | None = None
) -> tuple[str, list[Any]]:
    """The state in which a recipe's directory is left, and all that its events say."""
    work = parse_job(document)
    new = not (path / "job.json").exists()
    opened = RunDirectory.create(path, work.model_dump(mode="json")) if new else RunDirectory.open(path)
    with opened as run:
        emit = Emitter(run, LiveDisplay(Console(file=io.StringIO())), Tracking([], path, "chain"), None)
        state = await drive_work(work, run, job_id="job_1", emit=emit, wish=wish, confinement=confinement)
        return state, [event.said for event in run.events()]


def model(path: Path) -> str:
    return (path / "model" / "model.safetensors").read_text()


async def test_stages_run_in_order_each_from_what_came_before(tmp_path, machine):
    state, said = await drive(tmp_path / "run", recipe(*STAGES))
    assert (state, machine.attempts) == ("succeeded", list(NAMES))
    begun = [(one.stage, one.number, one.stages) for one in said if isinstance(one, StageBegun)]
    assert begun == [(name, number, 3) for number, name in enumerate(NAMES, 1)]
    steps = [(one.stage, one.step) for one in said if isinstance(one, StepDone)]
    assert steps == [(name, step) for name in NAMES for step in range(4)]
    (end,) = [one for one in said if isinstance(one, RunEnded)]
    assert (end.state, end.message, end.model) == ("succeeded", "3 stages", str(tmp_path / "run" / "model"))
    directories = [tmp_path / "run" / "stages" / name for name in NAMES]
    assert len({model(path) for path in directories}) == 3
    assert model(tmp_path / "run") == model(directories[2])
    for path in directories:  # each is a run of its own, with all that belongs to one
        own = RunDirectory(path)
        assert [row["step"] for row in own.metrics()] == [0, 1, 2, 3]
        assert isinstance(list(own.events())[-1].said, RunEnded)
        assert "<html" in own.report_path.read_text()
    assert all(name in (tmp_path / "run" / "report.html").read_text() for name in NAMES)


@pytest.mark.parametrize("killed", NAMES)
async def test_a_recipe_killed_in_any_stage_goes_on_to_the_same_bits(tmp_path, machine, killed):
    await drive(tmp_path / "whole", recipe(*STAGES))
    machine.dies, machine.attempts = (killed, 3), []
    state, said = await drive(tmp_path / "run", recipe(*STAGES))
    at = NAMES.index(killed)
    assert (state, machine.attempts) == ("failed", list(NAMES[: at + 1]))
    assert said[-1].message.startswith(
        f"stage {killed!r}, {at + 1} of 3: the machine is gone; the last good checkpoint"
    )
    assert said[-1].model is None
    machine.dies, machine.attempts = None, []
    state, said = await drive(tmp_path / "run", recipe(*STAGES))
    assert (state, machine.attempts) == ("succeeded", list(NAMES[at:]))  # what is finished stays
    for name in NAMES:
        assert model(tmp_path / "run" / "stages" / name) == model(tmp_path / "whole" / "stages" / name)
    assert model(tmp_path / "run") == model(tmp_path / "whole")
    again = [one.step for one in said if isinstance(one, StepDone) and one.stage == killed]
    assert again == [0, 1, 2, 2, 3]  # from the checkpoint of step 2


async def test_a_cancelled_recipe_stops_in_the_middle_of_its_stage_and_goes_on(tmp_path, machine):
    machine.dies, machine.hangs = ("second", 1), asyncio.Event()
    state, said = await drive(tmp_path / "run", recipe(*STAGES), lambda: "cancel" if machine.hangs.is_set() else "run")
    assert (state, machine.attempts) == ("cancelled", ["first", "second"])
    assert said[-1].message.startswith("stage 'second', 2 of 3: stopped on request")
    machine.dies = machine.hangs = None
    assert (await drive(tmp_path / "run", recipe(*STAGES)))[0] == "succeeded"
    assert machine.attempts == ["first", "second", "second", "third"]


async def test_a_paused_recipe_keeps_the_steps_of_its_open_stage(tmp_path, machine):
    await drive(tmp_path / "whole", recipe(*STAGES))
    machine.attempts = []
    stage = RunDirectory(tmp_path / "run" / "stages" / "second")
    state, said = await drive(tmp_path / "run", recipe(*STAGES), lambda: "pause" if stage.metrics() else "run")
    assert (state, machine.attempts) == ("paused", ["first", "second"])
    assert isinstance(said[-1], RunPaused)
    assert said[-1].message.startswith("stage 'second', 2 of 3: it goes on from")
    assert (await drive(tmp_path / "run", recipe(*STAGES)))[0] == "succeeded"
    assert machine.attempts == ["first", "second", "second", "third"]
    assert model(tmp_path / "run") == model(tmp_path / "whole")


async def test_a_confined_recipe_reads_what_its_stages_make(tmp_path, machine):
    assert (await drive(tmp_path / "run", recipe(*STAGES), confinement=Confinement(roots=(TINY,))))[0] == "succeeded"
    state, said = await drive(tmp_path / "other", recipe(*STAGES), confinement=Confinement(roots=(TINY / "prompts",)))
    assert (state, machine.attempts) == ("failed", list(NAMES))
    assert said[-1].message.startswith(f"job: 'stages[0].policy.model' names '{TINY / 'policy'}'; here jobs read")


async def test_a_stage_that_cannot_fit_ends_it_before_the_first(tmp_path, machine):
    wide = stage("wide", **policy("first"), trainer={"ranks": 512})
    state, said = await drive(tmp_path / "run", recipe(stage("first"), wide))
    assert (state, machine.attempts) == ("failed", [])
    assert said[-1].message.startswith("stage 'wide': job 'wide' does not fit the cluster")
    assert not (tmp_path / "run" / "stages").exists()


async def test_a_job_is_driven_as_ever(tmp_path, machine):
    state, said = await drive(tmp_path / "run", stage("first"))
    assert (state, machine.attempts, said[-1].message) == ("succeeded", ["first"], "4 steps")
    assert not any(isinstance(one, StageBegun) for one in said)
