"""A pause loses no step, ends nothing half-way, and leaves a run that goes on to the same bits."""

import asyncio

import pytest
from fakes import FakeFleet
from loop_job import make_job, take

from raylign.errors import Paused, WorkerLost
from raylign.loop.pause import Pause
from raylign.record.checkpoint import Checkpoints
from raylign.record.events.payloads import CheckpointSaved, StepDone

PHASES = ("generate", "judge", "score", "step", "publish", "save")


async def test_what_is_waited_for_is_given_up_when_asked() -> None:
    pause, undone = Pause(), asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            undone.set()

    waiting = asyncio.create_task(pause.unless(forever()))
    await asyncio.sleep(0)
    assert not pause.ask()  # nobody heeds it here
    with pytest.raises(Paused):
        await waiting
    assert undone.is_set()
    with pytest.raises(Paused):
        await pause.unless(forever())


async def test_unasked_it_gives_what_the_work_gives() -> None:
    async def work() -> int:
        return 3

    async def fails() -> int:
        raise WorkerLost("policy/0 died")

    pause = Pause()
    assert await pause.unless(work()) == 3
    with pytest.raises(WorkerLost):
        await pause.unless(fails())


def test_it_is_heeded_until_the_run_has_left_by_it() -> None:
    pause = Pause()
    with pause.heeded():
        assert pause.ask()
    assert not pause.ask()
    with pytest.raises(WorkerLost), pause.heeded():
        raise WorkerLost("policy/0 died")
    assert not pause.ask()
    with pytest.raises(Paused), pause.heeded():
        raise Paused("paused")
    assert pause.ask()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("staleness", [0, 1])
async def test_paused_in_any_phase_of_a_step_all_steps_made_are_kept(tmp_path, phase, staleness) -> None:
    """In the third step, or right after it: no checkpoint is due before the last of six."""
    job = make_job(rollout={"max_staleness": staleness}, checkpoint={"every": 9})
    whole, broken, again = FakeFleet(), FakeFleet(), FakeFleet()
    await take(job, whole, tmp_path / "whole")
    pause, said = Pause(), []

    class Calls(list):
        def append(self, call):
            super().append(call)
            made = sum(isinstance(one, StepDone) for one in said)
            if call == phase and (made == 2 or phase == "save"):
                assert pause.ask()

    calls = Calls()
    for worker in (broken, broken.rollouts, broken.judges, broken.reference, broken.trainer, broken.weights):
        worker.calls = calls
    with pytest.raises(Paused):
        await take(job, broken, tmp_path / "broken", emit=said.append, pause=pause)
    path, progress = Checkpoints(tmp_path / "broken").latest()
    assert progress.next_step == sum(isinstance(one, StepDone) for one in said)
    assert progress.next_step == {"step": 3, "publish": 3, "save": 6}.get(phase, 2)
    assert isinstance(said[-1], CheckpointSaved)
    assert (said[-1].step, said[-1].path) == (progress.next_step, str(path))
    await again.trainer.load(path)
    await take(job, again, tmp_path / "broken", start=progress)
    if not staleness:
        assert again.trainer.state == whole.trainer.state
    assert Checkpoints(tmp_path / "broken").latest()[1].next_step == job.steps


async def test_a_pause_before_the_first_step_leaves_nothing_to_keep(tmp_path) -> None:
    pause = Pause()
    pause.ask()
    with pytest.raises(Paused):
        await take(make_job(), FakeFleet(), tmp_path, pause=pause)
    assert Checkpoints(tmp_path).latest() is None
