"""Proof that the run directory is one place: what the driver writes there its trainer's ranks read, and the other way.

A path that is the same on two nodes may be two directories. Each rank would then write its part of a checkpoint where
nobody looks for it.
"""

import asyncio
import secrets
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from raylign.errors import CheckpointError
from raylign.workers import Sight, Trainer

DRIVER = "driver"
"""Name of the driver's sign. Its content is a token that nothing of before can have."""


def look(directory: Path, rank: int) -> Sight:
    """A rank's part: repeat the driver's token in a file of its own."""
    node = socket.gethostname()
    try:
        (directory / _sign(rank)).write_text((directory / DRIVER).read_text())
    except OSError as error:
        return Sight(node=node, problem=str(error))
    return Sight(node=node)


async def require_one_place(directory: Path, trainer: Trainer) -> None:
    """Raises `CheckpointError` unless every rank reads and writes this ``directory``; names paths and nodes."""
    place, token = directory.absolute() / f"place-{secrets.token_hex(8)}", secrets.token_hex(16)
    try:
        await asyncio.to_thread(_leave_sign, place, token)
        sights = await trainer.look(place)
        strangers = await asyncio.to_thread(_strangers, place, token, sights)
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
    if strangers:
        raise CheckpointError(
            f"{str(directory.absolute())!r} is not one place for the driver on node {socket.gethostname()} and the "
            f"trainer's ranks, which write checkpoints there: {'; '.join(strangers)}. Put the run directory on storage "
            "that every node mounts under the same path (`raylign run --run-dir`, `raylign serve --home`)"
        )


def _leave_sign(place: Path, token: str) -> None:
    for left in place.parent.glob("place-*"):  # of a driver that died between the two
        shutil.rmtree(left, ignore_errors=True)
    try:
        place.mkdir(parents=True)
        (place / DRIVER).write_text(token)
    except OSError as error:
        raise CheckpointError(f"cannot write to the run directory: {error}") from error


def _strangers(place: Path, token: str, sights: Sequence[Sight]) -> list[str]:
    """The ranks that are somewhere else, and how that shows."""
    found = []
    for rank, sight in enumerate(sights):
        if sight.problem:
            found.append(f"policy/{rank} on node {sight.node} does not see what the driver wrote ({sight.problem})")
            continue
        try:
            said = (place / _sign(rank)).read_text()
        except OSError as error:
            said = str(error)
        if said != token:
            found.append(f"the driver does not see what policy/{rank} on node {sight.node} wrote ({said})")
    return found


def _sign(rank: int) -> str:
    return f"rank-{rank}"
