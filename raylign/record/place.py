"""Proof that the run directory is one place: what the driver writes there its trainer's ranks read, and the other way.

A path that is the same on two nodes may be two directories. Each rank would then write its part of a checkpoint where
nobody looks for it.
"""

import asyncio
import contextlib
import secrets
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from raylign.errors import CheckpointError, RemoteFailed, RunError
from raylign.remote import Place, Remote
from raylign.workers import Sight, Trainer

PREFIX = "place-"
DRIVER = "driver"
"""Name of the driver's sign. Its content is a token that nothing of before can have."""


def look(directory: Place, rank: int) -> Sight:
    """A rank's part: repeat the driver's token in a file of its own."""
    node = socket.gethostname()
    try:
        _write(directory, _sign(rank), _read(directory, DRIVER))
    except (OSError, RunError) as error:  # a library that this node lacks is the latter
        return Sight(node=node, problem=str(error))
    return Sight(node=node)


async def require_one_place(directory: Place, trainer: Trainer) -> None:
    """Raises `CheckpointError` unless every rank reads and writes this ``directory``; names paths and nodes."""
    within = directory if isinstance(directory, Remote) else directory.absolute()
    place, token = within / f"{PREFIX}{secrets.token_hex(8)}", secrets.token_hex(16)
    try:
        await asyncio.to_thread(_leave_sign, within, place, token)
        sights = await trainer.look(place)
        strangers = await asyncio.to_thread(_strangers, place, token, sights)
    finally:
        await asyncio.to_thread(_remove, place)
    if strangers:
        raise CheckpointError(
            f"{str(within)!r} is not one place for the driver on node {socket.gethostname()} and the "
            f"trainer's ranks, which write checkpoints there: {'; '.join(strangers)}. {_remedy(within)}"
        )


def _remedy(within: Place) -> str:
    if isinstance(within, Remote):
        return "Start Ray on every node with the store's address and account in its environment"
    return (
        "Put the run directory on storage that every node mounts under the same path (`raylign run --run-dir`, "
        "`raylign serve --home`), or name an object store (`checkpoint.store`)"
    )


def _leave_sign(within: Place, place: Place, token: str) -> None:
    left = within.folders() if isinstance(within, Remote) else {path.name for path in within.glob(f"{PREFIX}*")}
    for name in left:
        if name.startswith(PREFIX):  # of a driver that died between the two
            _remove(within / name)
    try:
        if isinstance(place, Path):
            place.mkdir(parents=True)
        _write(place, DRIVER, token)
    except RemoteFailed:
        raise
    except OSError as error:
        raise CheckpointError(f"cannot write to the run directory: {error}") from error


def _strangers(place: Place, token: str, sights: Sequence[Sight]) -> list[str]:
    """The ranks that are somewhere else, and how that shows."""
    found = []
    for rank, sight in enumerate(sights):
        if sight.problem:
            found.append(f"policy/{rank} on node {sight.node} does not see what the driver wrote ({sight.problem})")
            continue
        try:
            said = _read(place, _sign(rank))
        except OSError as error:
            said = str(error)
        if said != token:
            found.append(f"the driver does not see what policy/{rank} on node {sight.node} wrote ({said})")
    return found


def _read(place: Place, name: str) -> str:
    """Raises `OSError`."""
    said = place.read(name) if isinstance(place, Remote) else (place / name).read_text()
    if said is None:
        raise FileNotFoundError(f"there is no {place}/{name}")
    return said


def _write(place: Place, name: str, text: str) -> None:
    """Raises `OSError`."""
    if isinstance(place, Remote):
        place.write(name, text)
    else:
        (place / name).write_text(text)


def _remove(place: Place) -> None:
    """What cannot be removed stays: it is small, and the next driver's."""
    if isinstance(place, Remote):
        with contextlib.suppress(RemoteFailed):
            place.clear()
    else:
        shutil.rmtree(place, ignore_errors=True)


def _sign(rank: int) -> str:
    return f"rank-{rank}"
