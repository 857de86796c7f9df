"""One rank's part of checkpoints in an object store, by way of this node's own disk."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path

from raylign.errors import CheckpointError
from raylign.record.carry import download, upload
from raylign.record.manifest import Manifest, read_manifest
from raylign.record.scratch import Scratch
from raylign.remote import Remote
from raylign.workers import WrittenFile

SHARED = "trainer/engine/mp_rank_*"
"""What rank 0 writes for all."""


class Elsewhere:
    """Of one rank, among ``world_size``."""

    def __init__(self, rank: int, world_size: int) -> None:
        self._rank, self._world_size = rank, world_size
        self._fetched: tuple[Remote, Scratch] | None = None

    def save(self, to: Remote, write: Callable[[Path], list[WrittenFile]]) -> list[WrittenFile]:
        """Upload what ``write`` makes in an empty directory; its answer."""
        with Scratch() as scratch:
            written = write(scratch.path)
            upload(scratch.path, written, to)
            return written

    def fetch(self, of: Remote) -> list[str]:
        """Bring here what `load` reads; what of it is damaged."""
        self.let_go()
        scratch = Scratch()
        self._fetched = of, scratch
        damage = download(of, self._read_of(read_manifest(of)), scratch.path)
        if damage:
            self.let_go()
        return damage

    def load(self, of: Remote, read: Callable[[Path], None]) -> None:
        """Have ``read`` read what was fetched."""
        if (self._fetched is None or self._fetched[0] != of) and (damage := self.fetch(of)):
            raise CheckpointError(f"{of} is damaged: {'; '.join(damage)}")
        assert self._fetched is not None
        read(self._fetched[1].path)
        self.let_go()

    def let_go(self) -> None:
        """Give the disk back what was fetched."""
        if self._fetched is not None:
            self._fetched[1].close()
            self._fetched = None

    def _read_of(self, manifest: Manifest) -> Sequence[WrittenFile]:
        """Of this rank's files the trainer's, and what all ranks read; every rank's, where they were other ranks."""
        trainer = [[file for file in files if file.name.startswith("trainer/")] for files in manifest.ranks]
        if len(trainer) != self._world_size:
            return [file for files in trainer for file in files]
        shared = [file for file in trainer[0] if fnmatch(file.name, SHARED)] if self._rank else []
        return [*trainer[self._rank], *shared]
