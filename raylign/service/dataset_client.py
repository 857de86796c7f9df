"""Datasets at a gateway, from outside: sent, listed, looked at, read back, deleted."""

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import httpx

from raylign.errors import GatewayUnreachable, SpecError
from raylign.service.dataset_views import Format

DatasetDict = dict[str, Any]
"""A dataset as the API shows it; see `raylign.service.dataset_views.DatasetDetail`."""

PREFIX = "/v1/datasets"
PART = 16 * 2**20
"""Bytes of one request: what a broken connection may cost."""
PAGE = 200


class DatasetClient:
    """A gateway's datasets: ``client.datasets``. Calls raise what the gateway raised, or `GatewayUnreachable`."""

    def __init__(self, call: Callable[..., httpx.Response], *, part: int = PART, patience_s: float = 600) -> None:
        """``patience_s``: for a gateway that is away while a file is being sent."""
        self._call = call
        self._part = part
        self._patience_s = patience_s

    def push(
        self,
        file: Path,
        *,
        name: str | None = None,
        columns: Mapping[str, str] | None = None,
        tell: Callable[[int, int], None] = lambda sent, size: None,
    ) -> DatasetDict:
        """Send a file, from where an earlier try ended. Returns the dataset with what was found in it.

        ``name``: what jobs call it, ``dataset://NAME``; the file's own where absent. ``tell``: told the bytes that are
        there, and all. Raises `SpecError` where it cannot be read, or is of no known format.
        """
        wanted = describe(file) | {"name": name or file.name.split(".")[0], "columns": dict(columns or {})}
        found: DatasetDict = self._call("POST", PREFIX, json=wanted).json()
        path, size, lost_at = f"{PREFIX}/{found['id']}", wanted["bytes"], 0.0
        with file.open("rb") as source:
            while found["state"] == "uploading":
                tell(first := found["received"], size)
                source.seek(first)
                part = source.read(self._part)
                span = f"bytes {first}-{first + len(part) - 1}/{size}"
                try:
                    # The last part is answered when the digest is right and the data has been looked at.
                    headers, wait = {"Content-Range": span}, httpx.Timeout(120, connect=5)
                    found = self._call("PUT", f"{path}/content", content=part, headers=headers, timeout=wait).json()
                    lost_at = 0.0
                except GatewayUnreachable:
                    lost_at = lost_at or time.monotonic()
                    if time.monotonic() - lost_at > self._patience_s:
                        raise
                    time.sleep(1)
                    found = self._still_there(path) or found
        tell(size, size)
        while found["state"] == "checking":
            found = self.get(found["id"])
        return self.get(found["id"])

    def all(self, *, limit: int = PAGE) -> list[DatasetDict]:
        """Newest first."""
        found: list[DatasetDict] = self._call("GET", PREFIX, params={"limit": limit}).json()["data"]
        return found

    def get(self, dataset: str) -> DatasetDict:
        """One, by its name or id, with what was found in it."""
        found: DatasetDict = self._call("GET", f"{PREFIX}/{dataset}").json()
        return found

    def rows(self, dataset: str, *, limit: int = 10) -> list[dict[str, str]]:
        """Its first rows as they stand: ``{"place", "text"}``."""
        found: list[dict[str, str]] = self._call("GET", f"{PREFIX}/{dataset}/rows", params={"limit": limit}).json()[
            "data"
        ]
        return found

    def content(self, dataset: str) -> bytes:
        """The file, as it was sent."""
        return self._call("GET", f"{PREFIX}/{dataset}/content").content

    def delete(self, dataset: str) -> None:
        """Raises `Taken` while a job that has not ended reads it."""
        self._call("DELETE", f"{PREFIX}/{dataset}")

    def _still_there(self, path: str) -> DatasetDict | None:
        try:
            found: DatasetDict = self._call("GET", path).json()
        except GatewayUnreachable:
            return None
        return found


def describe(file: Path) -> dict[str, Any]:
    """``{"format", "bytes", "sha256"}`` of a file. Raises `SpecError`."""
    formats = get_args(Format)
    format = next((one for one in sorted(formats, key=len, reverse=True) if file.name.endswith(f".{one}")), None)
    if format is None:
        raise SpecError(f"{str(file)!r} is of no known format: its name must end in one of .{', .'.join(formats)}")
    try:
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            size = source.tell()
    except OSError as error:
        raise SpecError(f"cannot read {str(file)!r}: {error.strerror}") from error
    if not size:
        raise SpecError(f"{str(file)!r} is empty")
    return {"format": format, "bytes": size, "sha256": digest}
