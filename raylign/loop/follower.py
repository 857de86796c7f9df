"""A reference that comes after the policy: TR-DPO (arXiv 2404.09656), with whatever loss.

Where it stands is a function of the steps made: after every so many it moves, and what it is then lies in the run
directory or the store, `reference/step-8`. So a run resumes with it from any checkpoint, and a worker that starts again
finds it.
"""

import asyncio
import shutil

from raylign.errors import RunError
from raylign.record.carry import LIST, is_whole
from raylign.record.kept import AnyCheckpoints
from raylign.remote import Place, Remote
from raylign.spec.parts import Following
from raylign.workers import Reference

PREFIX = "step-"


class Follower:
    """Moves the reference of one run. ``directory``: where what it was moved to is kept."""

    def __init__(self, how: Following, reference: Reference, directory: Place, checkpoints: AnyCheckpoints) -> None:
        self._how = how
        self._reference = reference
        # Workers have another working directory.
        self._directory = directory if isinstance(directory, Remote) else directory.absolute()
        self._checkpoints = checkpoints

    def begin(self, done: int) -> None:
        """Stand where it stood after ``done`` steps. Raises `RunError` where that is not there any more."""
        at = self._last(done)
        if at and not _is_there(self._at(at)):
            raise RunError(
                f"the run goes on after step {done}, and its reference, which moved after step {at}, is not at "
                f"{str(self._at(at))!r}: put it back, or begin anew"
            )
        self._reference.hold(self._at(at) if at else None)

    async def after(self, done: int) -> None:
        """Move it, if that is due after ``done`` steps."""
        if self._last(done) == done:
            await self._reference.follow(self._how.share, self._at(done))
            await asyncio.to_thread(self._let_go, done)

    def _let_go(self, done: int) -> None:
        """Of what no checkpoint needs: before the first is made all of it is, of which a run that dies has no use."""
        needed = {self._last(int(path.name.rpartition("-")[2])) for path in self._checkpoints.all()} | {done}
        for name in _names(self._directory):
            step = name.removeprefix(PREFIX)
            if name.startswith(PREFIX) and (not step.isdecimal() or int(step) not in needed):
                _remove(self._directory / name)

    def _last(self, done: int) -> int:
        """After which step it moved last; 0: it has not."""
        return done - done % self._how.every

    def _at(self, step: int) -> Place:
        return self._directory / f"{PREFIX}{step}"


def _is_there(place: Place) -> bool:
    return is_whole(place) if isinstance(place, Remote) else place.exists()


def _names(place: Place) -> set[str]:
    return place.folders() if isinstance(place, Remote) else {path.name for path in place.glob("*")}


def _remove(place: Place) -> None:
    if isinstance(place, Remote):
        place.clear(first=[LIST])
    else:
        shutil.rmtree(place, ignore_errors=True)
