"""Where a run stands: what its trainer holds, and whether a checkpoint holds it too."""

from time import perf_counter

from raylign.record.checkpoint import Progress
from raylign.record.events import Emit
from raylign.record.events.payloads import CheckpointSaved, Status
from raylign.record.kept import AnyCheckpoints
from raylign.workers import Trainer


class Stand:
    """Of one run. ``progress``: of the steps that the trainer has made; the first one's is on disk, or is none."""

    def __init__(self, checkpoints: AnyCheckpoints, trainer: Trainer, emit: Emit, progress: Progress) -> None:
        self.progress = self._kept = progress
        self._checkpoints = checkpoints
        self._trainer = trainer
        self._emit = emit

    async def keep(self) -> None:
        """Commit a checkpoint of it, unless there is one. Raises `CheckpointError`."""
        if self.progress == self._kept:
            return
        step = self.progress.next_step
        self._emit(Status(phase="checkpoint", detail=f"step {step}"))
        begun = perf_counter()
        path = await self._checkpoints.save(self._trainer, self.progress)
        self._kept = self.progress
        self._emit(CheckpointSaved(step=step, path=str(path), seconds=perf_counter() - begun))
