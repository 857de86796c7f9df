"""Uploaded data on disk: ``tenants/TENANT/datasets/ID/``. Written as it comes; named once all of it is there.

No name or path of a sender's is part of these.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import BinaryIO

from raylign.record.whole import sync_folder
from raylign.service.home import Home
from raylign.service.store import DatasetRecord

PART = "part"
"""What has come so far."""
SPARE = 1_000_000_000
"""Bytes of the disk that uploads leave to jobs and to the store."""


@dataclass(frozen=True, slots=True)
class Depot:
    """The files of one home's datasets. Everything may raise `OSError`."""

    home: Home

    def path(self, dataset: DatasetRecord) -> Path:
        """Where jobs read it, once it is whole."""
        return self._folder(dataset) / f"data.{dataset.format}"

    def received(self, dataset: DatasetRecord) -> int:
        """Bytes that have come so far."""
        if self.path(dataset).exists():
            return dataset.bytes
        part = self._folder(dataset) / PART
        return part.stat().st_size if part.exists() else 0

    def append(self, dataset: DatasetRecord) -> BinaryIO:
        """A file to write at its end. Raises `OSError` where the disk has no room for what is still to come."""
        folder = self._folder(dataset)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        missing = dataset.bytes - self.received(dataset)
        if shutil.disk_usage(folder).free < missing + SPARE:
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        return (folder / PART).open("ab", buffering=0)

    def cut(self, dataset: DatasetRecord, size: int) -> None:
        """Keep the first so many bytes alone."""
        os.truncate(self._folder(dataset) / PART, size)

    def finish(self, dataset: DatasetRecord) -> bool:
        """Give it its name where its contents are what was said; remove them where not."""
        part = self._folder(dataset) / PART
        if not dataset.bytes:
            part.touch()
        with part.open("rb") as file:
            right = hashlib.file_digest(file, "sha256").hexdigest() == dataset.sha256
            os.fsync(file.fileno())
        if right:
            part.rename(self.path(dataset))
            sync_folder(part.parent)
        else:
            part.unlink()
        return right

    def remove(self, dataset: DatasetRecord) -> None:
        """All of it. What is not there is no error."""
        folder = self._folder(dataset)
        if folder.exists():
            shutil.rmtree(folder)

    def _folder(self, dataset: DatasetRecord) -> Path:
        return self.home.tenant(dataset.tenant) / "datasets" / dataset.id
