"""The command line's words from Python: ``raylign.load``, ``raylign.check``, ``raylign.run``, ``raylign.Run``."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from raylign.errors import RunError, SpecError
from raylign.plan.check import Checked
from raylign.plan.stages import check_work, together
from raylign.record.events import Event
from raylign.record.events.payloads import RunEnded
from raylign.record.rundir import RunDirectory
from raylign.record.shown import Found, Order, Sought
from raylign.record.stages import stage_path
from raylign.show.console import LiveDisplay
from raylign.spec import Work, load_job, parse_job
from raylign.spec.overrides import override

LAST_WORDS = 2_000
"""Characters of what a driver says on stderr that an error quotes."""
LEAVE_S = 60.0
"""For a driver that is interrupted to write what it must."""


def load(job: str | Path | Mapping[str, Any], *settings: str) -> Work:
    """The job, or the recipe, of a file, or of a document whose relative paths are taken from here.

    ``settings``: in place of its own, ``"steps=10"``, ``"tasks.math.weight=2"``. Raises `SpecError`.
    """
    if isinstance(job, Mapping):
        return parse_job(override(dict(job), settings), root=Path.cwd())
    return load_job(Path(job), settings)


def check(job: Work) -> Checked:
    """What ``raylign check`` says: counts, warnings, notes. Raises `SpecError` where something is wrong."""
    return together(job, check_work(job))


class Run:
    """A run directory, whatever has come of it so far."""

    def __init__(self, path: str | Path) -> None:
        """Raises `SpecError` where there is no run."""
        self._directory = RunDirectory(path)
        self._directory.job()

    @property
    def path(self) -> Path:
        return self._directory.path

    @property
    def model(self) -> Path:
        """The result, an ordinary Hugging Face directory; there once the run has ended."""
        return self._directory.model_path

    @property
    def report(self) -> Path:
        """An HTML page; there once the run has ended."""
        return self._directory.report_path

    def job(self) -> Work:
        """What was asked."""
        return parse_job(self._directory.job(), source=str(self._directory.job_path))

    def events(self) -> Iterator[Event]:
        """All that it said, oldest first."""
        return self._directory.events()

    def stages(self) -> dict[str, "Run"]:
        """Of a recipe, those that have begun, by name: each is a run with a model and a report of its own."""
        paths = {job.name: stage_path(self._directory, job.name) for job in self.job().stages}
        return {name: Run(path) for name, path in paths.items() if RunDirectory(path).job_path.exists()}

    def metrics(self) -> list[dict[str, Any]]:
        """A row of flat numbers for every step; of a recipe, its stages have them."""
        return self._directory.metrics()

    def samples(
        self,
        *,
        task: str | None = None,
        step: int | None = None,
        judge: str | None = None,
        order: Order = "newest",
        count: int = 10,
    ) -> list[Found]:
        """Responses with what was said of them, as ``raylign samples`` finds them."""
        return Sought(task=task, step=step, judge=judge, order=order, count=count).of(self.events())


def run(
    job: Work | str | Path, run_dir: str | Path | None = None, *, show: bool = True, dashboard: bool = False
) -> Run:
    """Run a job here to its end, as ``raylign run`` does: in a process of its own, on the cluster of RAY_ADDRESS, or on
    a Ray that it starts. ``show``: print what happens.

    Raises `SpecError` where the job is wrong, `RunError` where the run ends otherwise than with its last step.
    """
    wanted = load(job) if isinstance(job, str | Path) else job
    check(wanted)
    directory = Path(run_dir or Path("runs") / wanted.name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps(wanted.model_dump(mode="json")))
        _drive("--job", str(file), "--run-dir", str(directory), show=show, dashboard=dashboard)
    return Run(directory)


def resume(run_dir: str | Path, *, show: bool = True, dashboard: bool = False) -> Run:
    """Go on with an earlier run, as ``raylign run --resume`` does. Raises as `run` does."""
    found = Run(run_dir)
    _drive("--run-dir", str(found.path), show=show, dashboard=dashboard)
    return found


def _drive(*arguments: str, show: bool, dashboard: bool) -> None:
    """The workers' side is a program of its own: this package never imports it."""
    command = [sys.executable, "-m", "actors", "run", *arguments, "--json", *["--no-dashboard"] * (not dashboard)]
    with tempfile.TemporaryFile("w+", errors="replace") as words:
        driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, text=True, start_new_session=True)
        try:
            end = _follow(driver, show)
        finally:
            _leave(driver)
        words.seek(max(0, words.seek(0, os.SEEK_END) - LAST_WORDS))
        said = words.read().strip()
    if end is None:
        error = SpecError if driver.returncode == 2 else RunError
        raise error(said.removeprefix("error: ") or f"the driver ended without a word, status {driver.returncode}")
    if end.state != "succeeded":
        raise RunError(f"the run {end.state}: {end.message}")


def _follow(driver: "subprocess.Popen[str]", show: bool) -> RunEnded | None:
    """Its last word, once it has ended."""
    assert driver.stdout is not None
    end: RunEnded | None = None
    with LiveDisplay(Console(quiet=not show)) as display:
        for line in driver.stdout:
            if not line.startswith("{"):
                continue  # some library's, on standard output
            event = Event.model_validate_json(line)
            display.show(event)
            if isinstance(event.said, RunEnded):
                end = event.said
    driver.wait()
    return end


def _leave(driver: "subprocess.Popen[str]") -> None:
    """Where we are interrupted, it is: it stops in order, and writes what it must."""
    if driver.poll() is None:
        driver.send_signal(signal.SIGINT)
        try:
            driver.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            os.killpg(driver.pid, signal.SIGKILL)
            driver.wait()
    if driver.stdout is not None:
        driver.stdout.close()
