"""A folder of an object store, by its URL: what one machine puts there another finds.

fsspec's file systems do the work, s3fs for ``s3://`` and gcsfs for ``gs://``. Accounts, keys and addresses are the
environment's of each process, as these read it (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``). An operation that fails
is tried again; one that takes longer than the slowest network that is of use is given up.
"""

import importlib.util
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from raylign.errors import RemoteFailed, RunError

LIBRARIES = {"s3": "s3fs", "gs": "gcsfs", "file": "fsspec"}
"""By scheme, what has to be installed; an extra of raylign has its name."""
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "s3": {
        "use_listings_cache": False,
        "config_kwargs": {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 2}},
    },
    "gs": {"use_listings_cache": False},
    "file": {"auto_mkdir": True},
}
FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ImportError, ValueError, TypeError)
"""Failures that no second try mends; and those of credentials, known by their names."""
PATIENCE_S = 120.0
"""From an operation's first failure, or without an answer."""
SLOWEST = 2**20
"""Bytes a second: what a file's deadline is made of."""
LONGEST_PAUSE_S = 8.0
AT_ONCE = 8
"""Files on their way, of one process."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Such a folder. ``url``: without a slash at its end.

    Every operation may raise `RemoteFailed`, which names the URL, what was tried, and what to do.
    """

    url: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    def __truediv__(self, name: str) -> "Remote":
        return Remote(f"{self.url}/{name}")

    def __str__(self) -> str:
        return self.url

    def read(self, name: str) -> str | None:
        """A small file's text; None where there is none."""
        try:
            data: bytes = self._tried("read", name, "cat_file", self._at(name))
        except _AbsentError:
            return None
        return data.decode(errors="replace")

    def write(self, name: str, text: str) -> None:
        self._tried("write", name, "pipe_file", self._at(name), text.encode())

    def put(self, file: Path, name: str) -> None:
        """Upload a file."""
        self._tried("upload", name, "put_file", str(file), self._at(name), size=file.stat().st_size)

    def fetch(self, name: str, file: Path, *, size: int) -> bool:
        """Download to ``file``, in a folder that is there; False where there is none. ``size``: what it should have."""
        try:
            self._tried("download", name, "get_file", self._at(name), str(file), size=size)
        except _AbsentError:
            return False
        return True

    def copy(self, name: str, to: "Remote", *, size: int) -> None:
        """Within one store: no byte comes here."""
        self._tried("copy", name, "cp_file", self._at(name), to._at(name), size=size)

    def sizes(self) -> dict[str, int]:
        """Every file below it, and its bytes."""
        root = self._at("")
        try:
            found: dict[str, Mapping[str, Any]] = self._tried("list", "", "find", root, detail=True)
        except _AbsentError:
            return {}
        return {path.removeprefix(root): int(of["size"]) for path, of in found.items() if path != root}

    def folders(self) -> set[str]:
        """Names of the folders right below it."""
        root = self._at("")
        try:
            found: list[Mapping[str, Any]] = self._tried("list", "", "ls", root, detail=True)
        except _AbsentError:
            return set()
        return {str(of["name"]).rstrip("/").rpartition("/")[2] for of in found if of["type"] == "directory"}

    def remove(self, name: str) -> None:
        """One file, if it is there."""
        try:
            self._tried("delete", name, "rm_file", self._at(name))
        except _AbsentError:
            return

    def clear(self, *, first: Sequence[str] = ()) -> None:
        """All files below it. ``first``: those that make it look whole go before the others."""
        there = self.sizes()
        for name in (*(name for name in first if name in there), *(name for name in there if name not in first)):
            self.remove(name)
        if self.url.startswith("file:"):  # a store has no empty folders
            for folder in sorted(Path(self._at("")).rglob("*"), reverse=True):
                folder.rmdir()
            if there:
                Path(self._at("")).rmdir()

    def _at(self, name: str) -> str:
        """The path as file systems of fsspec take it."""
        return f"{self.url.partition('://')[2]}/{name}"

    def _tried(self, doing: str, name: str, operation: str, *arguments: Any, size: int = 0, **named: Any) -> Any:
        """What the file system's ``operation`` returns, tried until it works or patience is at its end."""
        what = f"{doing} {self.url}/{name}"
        scheme = self.url.partition("://")[0]
        require_library(self.url)
        limit_s = PATIENCE_S + size / SLOWEST
        first_failure, pause = None, 0.25
        while True:
            try:
                return _done(_file_system(scheme), operation, *arguments, limit_s=limit_s, **named)
            except FileNotFoundError as error:
                if doing in ("upload", "write"):
                    raise self._refusal(what, error, 1) from error
                raise _AbsentError(what) from error
            except Exception as error:  # of sockets, HTTP, the store: the libraries have no one family
                now = time.monotonic()
                first_failure = first_failure or now
                if _is_final(error) or now - first_failure + pause > PATIENCE_S:
                    raise self._refusal(what, error, now - first_failure) from error
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _refusal(self, what: str, error: Exception, tried_s: float) -> RemoteFailed:
        tries = "" if _is_final(error) else f" for {tried_s:.0f} s"
        return RemoteFailed(
            f"cannot {what}, tried{tries}: {type(error).__name__}: {error}. See that this node reaches the store, that "
            "the bucket is there, and that its environment has an account that may read, write and delete below this "
            "address; then resume"
        )


Place: TypeAlias = Path | Remote
"""Where checkpoints and the like lie: a directory that every node sees, or a folder of a store."""


class _AbsentError(Exception):
    """There is no such file."""


def place_of(text: str) -> Place:
    """The place that was written so."""
    return Remote(text) if "://" in text else Path(text)


def require_library(url: str) -> None:
    """Raise `RunError` where what such a URL needs is not installed."""
    scheme = url.partition("://")[0]
    library = LIBRARIES[scheme]
    if importlib.util.find_spec(library) is None:
        raise RunError(
            f"{url} needs {library}, which is not installed here: `pip install raylign[{scheme}]`, on every node"
        )


def _file_system(scheme: str) -> Any:
    import fsspec

    return fsspec.filesystem(scheme, **SETTINGS[scheme])


def _done(system: Any, operation: str, *arguments: Any, limit_s: float, **named: Any) -> Any:
    if not system.async_impl:
        return getattr(system, operation)(*arguments, **named)
    from fsspec.asyn import sync

    # What hangs in a socket is given up: not all of it has a timeout of its own.
    return sync(system.loop, getattr(system, f"_{operation}"), *arguments, timeout=limit_s, **named)


def _is_final(error: Exception) -> bool:
    return isinstance(error, FINAL) or "Credentials" in type(error).__name__
