"""Checkpoints in an object store, for nodes that have no disk in common: the same as those of a directory.

Each rank writes to its own node's disk and uploads; the driver writes the manifest last, once all that the ranks speak
of is there in full. A folder without a manifest is no checkpoint, so one that is half uploaded is never taken for one.
"""

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from raylign.errors import CheckpointError, RemoteFailed, RunError
from raylign.record.carry import LIST, download, list_folder
from raylign.record.checkpoint import NAME, software, step_of
from raylign.record.manifest import MANIFEST, Manifest, Progress, gaps, manifest_text, read_manifest
from raylign.record.rundir import RunDirectory
from raylign.record.whole import write_whole
from raylign.remote import Remote
from raylign.workers import Trainer, WrittenFile

OWNER = "run.json"
"""At the store's address, and as `RunDirectory.store_path`: whose checkpoints these are."""
DAMAGED = "damaged.json"
"""What was the manifest of a checkpoint whose contents are not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoints:
    """As `raylign.record.checkpoint.Checkpoints`, below ``root / "checkpoints"`` of a store."""

    root: Remote
    keep_last: int = 2

    @property
    def directory(self) -> Remote:
        return self.root / "checkpoints"

    async def save(self, trainer: Trainer, progress: Progress) -> Remote:
        """Commit one and let old ones go. Returns its folder. Raises `CheckpointError`; those before are whole then."""
        final = self.directory / f"step-{progress.next_step}"
        await asyncio.to_thread(self._begin, final)
        ranks = await trainer.save(final)
        await asyncio.to_thread(self._commit, final, progress, ranks)
        await asyncio.to_thread(self._prune, keep=final)
        return final

    def all(self) -> list[Remote]:
        """Folders that have a checkpoint's name and a manifest, oldest first."""
        there = self.directory.sizes()
        names = {name.partition("/")[0] for name in there if name.endswith(f"/{MANIFEST}")}
        return [self.directory / name for name in sorted(filter(NAME.fullmatch, names), key=step_of)]

    def latest(self) -> tuple[Remote, Progress] | None:
        """The newest one that is whole as far as names and sizes tell, or None."""
        return self.survey()[0]

    def survey(self) -> tuple[tuple[Remote, Progress] | None, list[str]]:
        """`latest`, and why each newer one was passed over."""
        passed_over = []
        for folder in reversed(self.all()):
            if found := _flaws(folder):
                passed_over.append(found[0])
            else:
                return (folder, read_manifest(folder).progress), passed_over
        return None, passed_over

    def set_aside(self, name: str) -> Remote:
        """Take its name from a checkpoint whose contents are not what was written: what is left of it stays until the
        next is written. Returns where its manifest is."""
        folder = self.directory / name
        folder.write(DAMAGED, folder.read(MANIFEST) or "")
        folder.remove(MANIFEST)
        return folder / DAMAGED

    def keep_model(self, run: RunDirectory) -> Remote:
        """Put the last checkpoint's policy at ``root / "model"``, within the store, and into the run directory.

        Raises `CheckpointError`.
        """
        found = self.latest()
        if found is None:
            raise CheckpointError(f"{self.directory} has no whole checkpoint any more, so there is no model")
        policy, model = found[0] / "policy", self.root / "model"
        files = [
            WrittenFile(name=file.name.removeprefix("policy/"), size=file.size, sha256=file.sha256)
            for files in read_manifest(found[0]).ranks
            for file in files
            if file.name.startswith("policy/")
        ]
        model.clear(first=[LIST])
        for file in files:
            policy.copy(file.name, model, size=file.size)
        list_folder(model, files)
        with run.model_replaced() as aside:
            if damage := download(policy, files, aside):
                raise CheckpointError(f"the model in {policy} is damaged: {'; '.join(damage)}")
        return model

    def _begin(self, folder: Remote) -> None:
        """Remove what a run that died left half uploaded, or half removed."""
        whole = {one.name for one in self.all()}
        for name in self.directory.folders() | {folder.name}:
            if name not in whole or name == folder.name:  # that one is not whole, or the run would have gone on from it
                (self.directory / name).clear(first=[MANIFEST])

    def _commit(self, folder: Remote, progress: Progress, ranks: Sequence[Sequence[WrittenFile]]) -> None:
        manifest = Manifest(progress=progress, ranks=tuple(map(tuple, ranks)), software=software())
        if lacks := gaps(manifest):
            raise CheckpointError(f"the trainer wrote no whole checkpoint: it lacks {'; '.join(lacks)}")
        if elsewhere := _absent(folder, manifest):
            raise CheckpointError(f"what the trainer's ranks say they uploaded is not there: {elsewhere[0]}")
        folder.write(MANIFEST, manifest_text(manifest))

    def _prune(self, *, keep: Remote) -> None:
        """Let go what is older than the last few whole ones. What is not whole takes no good one's place."""
        there = self.all()
        kept = {keep, *[one for one in there if not _flaws(one)][-self.keep_last :]}
        newest = max(step_of(one.name) for one in kept)
        for one in there:
            if one not in kept and step_of(one.name) < newest:
                one.clear(first=[MANIFEST])


def claimed(root: Remote, run: RunDirectory) -> Remote:
    """The store's address, once it is this run's own. Raises `RunError` where it is another's."""
    if run.store_path.exists():
        own = run.store_path.read_text()
    else:
        own = json.dumps({"url": root.url, "owner": secrets.token_hex(16)})
        write_whole(run.store_path, own)
    if root.read(OWNER) is None:
        root.write(OWNER, own)
    if root.read(OWNER) != own:
        raise RunError(
            f"{root} holds another run's checkpoints: choose another `checkpoint.store`; to go on with that run from "
            f"this directory, put {root}/{OWNER} in the place of {str(run.store_path)!r}"
        )
    return root


def _flaws(folder: Remote) -> list[str]:
    try:
        manifest = read_manifest(folder)
    except RemoteFailed:
        raise  # nothing is known of it
    except CheckpointError as error:
        return [str(error)]
    return [f"{folder} lacks {gap}" for gap in gaps(manifest)] or _absent(folder, manifest)


def _absent(folder: Remote, manifest: Manifest) -> list[str]:
    """Files that are not there, or have another size."""
    there, found = folder.sizes(), []
    for file in (file for files in manifest.ranks for file in files):
        if file.name not in there:
            found.append(f"{folder}/{file.name} is missing")
        elif there[file.name] != file.size:
            found.append(f"{folder}/{file.name} has {there[file.name]} bytes, the manifest says {file.size}")
    return found
