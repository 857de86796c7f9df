"""How a run ends, whatever ends it: what is said, what is tried again, and where the next one goes on."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeTrainer
from loop_job import make_job

from actors import driver
from actors.driver import MAX_ATTEMPTS, _keep_model, _together, drive
from raylign.errors import Cancelled, Diverged, Paused, PlanError, RunError, SpecError, WorkerLost
from raylign.loop.pause import Pause
from raylign.plan.confinement import Confinement
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import Payload, Pushed, RunEnded, RunPaused, Status, Warned
from raylign.record.rundir import RunDirectory
from raylign.spec.parts import Deadlines, Output

NO_CHECKPOINT = "there is no checkpoint yet: start it again"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(tmp_path / "run", {"name": "test", "steps": 6}) as opened:
        yield opened


@pytest.fixture
def driven(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Drives a run whose every attempt is a call of ``attempt``. Gives its state and all that it said."""
    monkeypatch.setattr(driver, "WISH_POLL_S", 0.001)

    async def drive_with(
        attempt: Callable[[], Awaitable[None]], wish: Callable[[], str] = lambda: "run"
    ) -> tuple[str, list[Payload]]:
        said: list[Payload] = []
        monkeypatch.setattr(driver, "_attempt", lambda *of_run: attempt())
        state = await drive(make_job(), run, job_id="job_1", emit=said.append, wish=wish)  # type: ignore[arg-type]
        return state, said

    return drive_with


async def save(run: RunDirectory, *steps: int) -> Path:
    """Checkpoints after so many steps; the last one's directory."""
    checkpoints = Checkpoints(run.checkpoints_path)
    return [await checkpoints.save(FakeTrainer([]), Progress(step, step, 0)) for step in steps][-1]


def raising(*errors: BaseException | None) -> Callable[[], Awaitable[None]]:
    """An attempt that ends with one after the other."""
    left = iter(errors)

    async def attempt() -> None:
        if error := next(left):
            raise error

    return attempt


async def test_a_run_that_ends_well_names_its_model_and_report(driven: Any, run: RunDirectory) -> None:
    run.model_path.mkdir()
    state, said = await driven(raising(None))
    end = RunEnded(state="succeeded", message="6 steps", model=str(run.model_path), report=str(run.report_path))
    assert (state, said) == ("succeeded", [end])


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (Cancelled("stopped after step 3"), "cancelled", "stopped after step 3"),
        (SpecError("no such prompt"), "failed", "no such prompt"),
        (PlanError("8 GPUs, the cluster has 2"), "failed", "8 GPUs, the cluster has 2"),
        (Diverged("loss is nan"), "failed", f"loss is nan; {NO_CHECKPOINT}"),
        (ZeroDivisionError("by zero"), "failed", f"unexpected ZeroDivisionError: by zero; {NO_CHECKPOINT}"),
    ],
)
async def test_every_error_ends_the_run_in_a_sentence(
    driven: Any, error: Exception, state: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, (end,) = await driven(raising(error))
    assert found == end.state == state
    assert (end.message, end.model) == (message, None)
    # Only what nobody foresaw leaves a trace in the log.
    assert ("Traceback" in capsys.readouterr().err) == message.startswith("unexpected")


async def test_a_failure_says_from_which_checkpoint_to_go_on(driven: Any, run: RunDirectory) -> None:
    last = await save(run, 2, 4)
    _, (end,) = await driven(raising(Diverged("loss is nan")))
    assert end.message == (
        f"loss is nan; the last good checkpoint is {last}: `raylign run --resume {run.path}` goes on from there"
    )
    (last / "manifest.json").unlink()
    _, (end,) = await driven(raising(Diverged("loss is nan")))
    assert "step-2: `raylign run" in end.message


async def test_a_wish_to_cancel_ends_what_is_under_way(driven: Any) -> None:
    begun, undone = asyncio.Event(), asyncio.Event()

    async def forever() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            undone.set()

    state, (end,) = await driven(forever, wish=lambda: "cancel" if begun.is_set() else "run")
    assert (state, end.state, end.message) == ("cancelled", "cancelled", f"stopped on request; {NO_CHECKPOINT}")
    assert undone.is_set()


async def test_a_wish_to_pause_ends_what_is_under_way_before_the_loop(driven: Any, run: RunDirectory) -> None:
    begun = asyncio.Event()

    async def forever() -> None:
        begun.set()
        await asyncio.sleep(60)

    def wish() -> str:
        return "pause" if begun.is_set() else "run"

    state, (last,) = await driven(forever, wish=wish)
    assert (state, last.step, "begin anew" in last.message) == ("paused", 0, True)
    kept = await save(run, 2, 4)
    state, (last,) = await driven(forever, wish=wish)
    assert (state, last) == ("paused", RunPaused(step=4, message=f"it goes on from {kept}"))


async def test_the_loop_pauses_by_itself_and_nothing_cancels_it_on_its_way_out(
    driven: Any, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[Any] = []
    monkeypatch.setattr(driver, "Pause", lambda: pauses.append(Pause()) or pauses[-1])  # type: ignore[func-returns-value]

    async def attempt() -> None:
        with pauses[-1].heeded():
            try:
                await pauses[-1].unless(asyncio.sleep(60))
            except Paused:
                await save(run, 3)
                await asyncio.sleep(0.02)
                raise

    state, (last,) = await driven(attempt, wish=lambda: "pause" if pauses[-1]._heeded else "run")
    assert (state, last.step) == ("paused", 3)


async def test_nobody_is_asked_for_wishes_after_the_end(driven: Any) -> None:
    asked: list[None] = []
    await driven(raising(None), wish=lambda: asked.append(None) or "run")  # type: ignore[func-returns-value]
    before = len(asked)
    await asyncio.sleep(0.01)
    assert len(asked) == before


async def test_a_lost_worker_s_run_starts_again_and_says_from_where(driven: Any, run: RunDirectory) -> None:
    last = await save(run, 2)
    state, (warned, end) = await driven(raising(WorkerLost("policy/1 died."), None))
    assert warned == Warned(
        message=f"policy/1 died. Starting again, the last good checkpoint is {last}: "
        f"`raylign run --resume {run.path}` goes on from there"
    )
    assert (state, end.message) == ("succeeded", "6 steps")


async def test_it_starts_again_so_often_and_for_no_other_error(driven: Any) -> None:
    lost = [WorkerLost(f"death {number}") for number in range(1, MAX_ATTEMPTS + 1)]
    state, said = await driven(raising(*lost, None))
    assert (state, said[-1].message) == ("failed", f"death {MAX_ATTEMPTS}; {NO_CHECKPOINT}")
    assert [type(one) for one in said] == [Warned] * (MAX_ATTEMPTS - 1) + [RunEnded]
    state, said = await driven(raising(Diverged("loss is nan"), None))
    assert (state, len(said)) == ("failed", 1)


async def test_the_newest_whole_checkpoint_s_policy_is_the_model(run: RunDirectory) -> None:
    last = await save(run, 2, 4)
    run.model_path.mkdir()
    (run.model_path / "of an earlier run").touch()
    _keep_model(run, Checkpoints(run.checkpoints_path))
    names = {path.name for path in run.model_path.iterdir()}
    assert names == {path.name for path in (last / "policy").iterdir()}
    assert (run.model_path / "model.safetensors").samefile(last / "policy" / "model.safetensors")


async def test_both_results_come_in_their_order() -> None:
    assert await _together(asyncio.sleep(0.001, "first"), asyncio.sleep(0, "second")) == ("first", "second")


async def test_a_failure_of_one_ends_the_other_and_is_raised_as_it_is() -> None:
    ended = asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def fail() -> None:
        raise SpecError("no such prompt")

    with pytest.raises(SpecError, match="no such prompt"):
        await _together(forever(), fail())
    assert ended.is_set()


async def test_what_the_last_word_waits_for_does_not_hold_up_the_loop(run: RunDirectory) -> None:
    loop, heard = asyncio.get_running_loop(), threading.Event()

    def emit(said: Payload) -> None:
        if not isinstance(said, RunEnded):
            raise SpecError("nothing is planned here")
        loop.call_soon_threadsafe(heard.set)
        assert heard.wait(1)

    assert await drive(make_job(), run, job_id="job_1", emit=emit, wish=lambda: "run") == "failed"  # type: ignore[arg-type]


async def test_a_job_that_reads_elsewhere_than_it_may_ends_before_anything_is_read(
    run: RunDirectory, tmp_path: Path
) -> None:
    said: list[Payload] = []
    state = await drive(
        make_job(),
        run,
        job_id="job_1",
        emit=said.append,  # type: ignore[arg-type]
        wish=lambda: "run",
        confinement=Confinement(roots=(tmp_path / "own",)),
    )
    assert state == "failed"
    [end] = said
    assert isinstance(end, RunEnded)
    assert "here jobs read what lies in" in end.message


def _away(folder: Path, model_id: str, *, private: bool) -> str:
    raise RunError(f"the model was not pushed to {model_id!r}: it is in {str(folder)!r}")


def _forever(folder: Path, model_id: str, *, private: bool) -> str:
    threading.Event().wait()
    return ""


@pytest.mark.parametrize(
    ("push", "output", "told"),
    [
        (None, Output(), []),
        (lambda folder, model_id, private: f"hub/{model_id}", Output(push_to="o/m"), [Pushed(address="hub/o/m")]),
        (
            lambda folder, model_id, private: f"{folder.name} {private}",
            Output(push_to="o/m", adapter=True, private=False),
            [Pushed(address="adapter False")],
        ),
        (_away, Output(push_to="o/m"), ["was not pushed to 'o/m': it is in"]),
        (_forever, Output(push_to="o/m"), ["was not pushed to 'o/m' within 0.01 s"]),
    ],
)
async def test_a_result_is_pushed_where_the_job_says_so_and_a_run_is_no_worse_where_it_is_not(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, push: Any, output: Output, told: list[Any]
) -> None:
    monkeypatch.setattr(driver, "push", push)
    deadlines = Deadlines(push_s=0.01) if push is _forever else Deadlines()
    job = make_job().model_copy(update={"output": output, "deadlines": deadlines})
    said: list[Payload] = []
    await driver._push(job, run, said.append)  # type: ignore[arg-type]
    said = [one for one in said if not isinstance(one, Status)]
    assert len(said) == len(told)
    for one, wanted in zip(said, told, strict=True):
        assert wanted in one.message if isinstance(one, Warned) else one == wanted
