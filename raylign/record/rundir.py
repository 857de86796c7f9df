"""The run directory: all that a run leaves on disk, and who may write it.

job.json  plan.json             what was asked, and what it resolved to
events.jsonl                    every event
metrics.jsonl                   one line per step: its number and flat metrics
baselines.jsonl                 baseline responses made before training
chosen-TASK.jsonl               pairs that a task with `select` chose
tensorboard/  checkpoints/      curves, and what the run resumes from
store.json                      where checkpoints are instead, if they are in an object store, and whose those are
model/  report.html             what came out
stages/                         of a recipe, for each stage a run directory of its own
run.lock                        held by the process that writes; names its pid
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from raylign.errors import CheckpointError, RunError, SpecError
from raylign.record.events import Event
from raylign.record.events.payloads import PlanMade, RunEnded, StepDone
from raylign.record.lines import (
    append_line,
    cut_torn_line,
    documents,
    finite,
    json_line,
    keep_documents,
    last_document,
)
from raylign.record.lock import take_lock
from raylign.record.metrics import flat_metrics
from raylign.record.whole import write_whole

GIB = 2**30


def event_line(event: Event) -> str:
    """An event as it stands in ``events.jsonl`` and on ``--json`` output."""
    return json_line({"seq": event.seq, "time": event.time, "kind": event.kind, "data": event.data})


class RunDirectory:
    """A run's directory. Made by `create` or `open` it is locked and may be written; made directly, only read."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).absolute()  # workers have another working directory
        self._lock: TextIO | None = None
        self.job_path = self.path / "job.json"
        self.plan_path = self.path / "plan.json"
        self.events_path = self.path / "events.jsonl"
        self.metrics_path = self.path / "metrics.jsonl"
        self.baselines_path = self.path / "baselines.jsonl"
        self.checkpoints_path = self.path / "checkpoints"
        self.store_path = self.path / "store.json"
        self.reference_path = self.path / "reference"
        self.model_path = self.path / "model"
        self.adapter_path = self.model_path / "adapter"
        self.report_path = self.path / "report.html"
        self.stages_path = self.path / "stages"

    @classmethod
    def create(cls, path: Path | str, job: Mapping[str, Any]) -> Self:
        """Make and lock the directory of a new run. Raises `RunError` where one is, running or not."""
        run = cls(path)
        try:
            run.checkpoints_path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make the run directory {str(path)!r} ({error}): choose another one") from error
        run._take_lock()
        if run.job_path.exists():
            run.close()
            raise RunError(
                f"{str(path)!r} already holds a run: continue it with `raylign run --resume {path}`, "
                "or choose another directory"
            )
        run._write_document(run.job_path, job)
        return run

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Lock the directory of an earlier run, to go on with it; a line torn by its end is cut off.

        Raises `SpecError` where there is no run, `RunError` where it is still running.
        """
        run = cls(path)
        if not run.job_path.exists():
            raise SpecError(f"{str(path)!r} holds no run: it has no {run.job_path.name}")
        run._take_lock()
        for file in (run.events_path, run.metrics_path):
            cut_torn_line(file)
        return run

    def chosen_path(self, task: str) -> Path:
        """The pairs that a task learns from, where it has `select`, as a preference file."""
        return self.path / f"chosen-{task}.jsonl"

    def change_job(self, job: Mapping[str, Any]) -> None:
        """Have the run go on with another job document."""
        self._write_document(self.job_path, job)

    def close(self) -> None:
        """Let go of the lock. The death of the process does the same."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, event: Event) -> None:
        """Write an event, and a step's metrics. It outlives the process from here on. Raises `RunError`."""
        if self._lock is None:
            raise RunError(
                f"{str(self.path)!r} is not locked for writing: use RunDirectory.create or RunDirectory.open"
            )
        match event.said:
            case PlanMade(stage=""):  # a stage's plan and metrics are in its own directory
                self._write_document(self.plan_path, event.data)
            case StepDone(step=step, stage="") as done:
                append_line(self.metrics_path, json_line({"step": step, **flat_metrics(done)}))
        append_line(self.events_path, event_line(event))

    def events(self) -> Iterator[Event]:
        """All events so far, oldest first. Raises `RunError` where a line is damaged."""
        for line in documents(self.events_path):
            yield Event.model_validate(line)

    def metrics(self) -> list[dict[str, Any]]:
        """One entry per step. Raises `RunError` where a line is damaged."""
        return list(documents(self.metrics_path))

    def job(self) -> dict[str, Any]:
        """The job document. Raises `SpecError` where there is none."""
        if not self.job_path.exists():
            raise SpecError(f"{str(self.path)!r} holds no run: it has no {self.job_path.name}")
        document: dict[str, Any] = json.loads(self.job_path.read_text())
        return document

    @property
    def next_seq(self) -> int:
        """Number of the next event."""
        last = last_document(self.events_path)
        return last["seq"] + 1 if last else 1

    def finished(self, steps: int) -> Event | None:
        """The end event of a run that succeeded with at least so many steps; None of one that has more to do."""
        made = last_document(self.metrics_path)
        return None if made is None or made["step"] + 1 < steps else self.succeeded()

    def succeeded(self) -> Event | None:
        """The end event of a run whose last word is that it succeeded."""
        last = last_document(self.events_path)
        if last is None:
            return None
        event = Event.model_validate(last)
        match event.said:
            case RunEnded(state="succeeded"):
                return event
        return None

    def rewind(self, next_step: int) -> None:
        """Forget the metrics of steps that will be made again: those from ``next_step`` on.

        Events stay, they tell what happened; `History` sees a repeated step replace the first.
        """
        keep_documents(self.metrics_path, lambda line: line["step"] < next_step)

    def keep_model(self, policy: Path) -> None:
        """Put a checkpoint's policy where people look for it. Raises `CheckpointError`.

        Weights are the same files under a second name, where the disk can do that; the rest is copied.
        """
        try:
            with self.model_replaced() as aside:
                shutil.copytree(policy, aside, copy_function=_link_or_copy, dirs_exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"cannot write {str(self.model_path)!r} ({error}): the model is {policy}") from error

    @contextlib.contextmanager
    def model_replaced(self) -> Iterator[Path]:
        """An empty directory that takes the model's place at the end of the ``with`` block. Raises `OSError`."""
        aside = self.model_path.with_suffix(".tmp")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        yield aside
        shutil.rmtree(self.model_path, ignore_errors=True)
        aside.rename(self.model_path)

    def require_space(self, num_bytes: int) -> None:
        """Raise `CheckpointError` unless the disk has so many bytes free."""
        free = shutil.disk_usage(self.path).free
        if free < num_bytes:
            raise CheckpointError(
                f"{str(self.path)!r} has {free / GIB:.2f} GiB free and {num_bytes / GIB:.2f} GiB are needed: "
                "free some space, keep fewer checkpoints (checkpoint.keep_last), or choose another disk"
            )

    def _take_lock(self) -> None:
        try:
            self._lock = take_lock(self.path / "run.lock")
        except BlockingIOError as error:
            raise RunError(
                f"{str(self.path)!r} is in use by another run, process {error.strerror}: "
                "wait for it or stop it, or choose another directory"
            ) from error

    def _write_document(self, path: Path, document: Mapping[str, Any]) -> None:
        try:
            write_whole(path, json.dumps(finite(document), indent=2, allow_nan=False) + "\n")
        except OSError as error:
            raise RunError(f"cannot write {str(path)!r} ({error}): is the disk full?") from error


def _link_or_copy(source: str, target: str) -> None:
    """Weights get a second name where the disk can do so: a large model would take minutes, and its space again."""
    if source.endswith(".safetensors"):
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
