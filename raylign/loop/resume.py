"""Where a run goes on: the newest checkpoint whose contents are what was written."""

import asyncio

from raylign.record.checkpoint import Progress
from raylign.record.events import Emit
from raylign.record.events.payloads import Status, Warned
from raylign.record.kept import AnyCheckpoints
from raylign.remote import Place
from raylign.workers import Trainer


async def resume(checkpoints: AnyCheckpoints, trainer: Trainer, emit: Emit) -> Progress:
    """Load it into the trainer; `Progress()` where there is none. One that is damaged is set aside, and said so.

    The ranks read what they wrote, side by side: this process alone would need an hour for a large model's optimizer.
    """
    told = set[str]()
    while True:
        found, passed_over = await asyncio.to_thread(checkpoints.survey)
        for why in set(passed_over) - told:
            emit(Warned(message=f"passed over, for it is not a whole checkpoint: {why}"))
        told.update(passed_over)
        if found is None:
            if told:
                emit(Warned(message=f"{checkpoints.directory} has no whole checkpoint: starting at step 0"))
            return Progress()
        path, progress = found
        emit(Status(phase="verifying", detail=str(path)))
        damage = await trainer.verify(path)
        if not damage:
            emit(Status(phase="resuming", detail=f"from {path}"))
            await trainer.load(path)
            return progress
        aside: Place = await asyncio.to_thread(checkpoints.set_aside, path.name)
        told.add(damage[0])
        emit(Warned(message=f"{path} is damaged, and now called {aside.name}: {'; '.join(damage)}"))
