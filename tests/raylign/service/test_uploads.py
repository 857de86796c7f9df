"""Uploads: lost and gone on with, lied about, looked at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from service import open_store
from uploads import ROWS, Told, record

from raylign.errors import SpecError, Taken
from raylign.service.home import open_home
from raylign.service.store import DatasetRecord, DatasetState
from raylign.service.uploads import DatasetLimits, Uploads, find_ready


def desk(folder: Path, **settings: Any) -> Uploads:
    return Uploads(store=open_store(folder), home=open_home(folder), **{"inspecting": Told(), **settings})


async def parts(*chunks: bytes | None) -> AsyncIterator[bytes]:
    """None: the connection breaks."""
    for chunk in chunks:
        if chunk is None:
            raise ConnectionResetError
        yield chunk


async def send(uploads: Uploads, one: DatasetRecord, *chunks: bytes | None, offset: int = 0) -> DatasetRecord:
    size = sum(len(chunk) for chunk in chunks if chunk)
    return await uploads.receive(one, parts(*chunks), offset=offset, size=size)


async def test_a_broken_upload_goes_on_where_it_stands(tmp_path: Path) -> None:
    uploads, (one, _) = desk(tmp_path), desk(tmp_path).begin(record())
    with pytest.raises(ConnectionResetError):
        await uploads.receive(one, parts(ROWS[:7], None), offset=0, size=len(ROWS))
    assert uploads.depot.received(one) == 7
    with pytest.raises(Taken, match=f"has 7 of its {len(ROWS)} bytes"):
        await send(uploads, one, ROWS)
    done = await send(uploads, one, ROWS[7:], offset=7)
    assert (done.state, done.report) == (DatasetState.READY, {"inspection": {"rows": 2}, "rows": []})
    assert uploads.depot.path(done).read_bytes() == ROWS
    with pytest.raises(Taken):
        await send(uploads, done, b"x", offset=len(ROWS))


@pytest.mark.parametrize(
    ("chunks", "size", "says"),
    [
        ((ROWS, b"more"), len(ROWS), "does not have"),
        ((ROWS[:5],), len(ROWS), "does not have"),
        ((ROWS + b"x",), len(ROWS) + 1, "beyond its end"),
        ((b"x" * len(ROWS),), len(ROWS), "sha256"),
    ],
)
async def test_what_is_not_as_it_was_said_is_not_kept(
    tmp_path: Path, chunks: tuple[bytes, ...], size: int, says: str
) -> None:
    uploads = desk(tmp_path)
    one, _ = uploads.begin(record())
    with pytest.raises(SpecError, match=says):
        await uploads.receive(one, parts(*chunks), offset=0, size=size)
    assert uploads.depot.received(one) == 0
    assert (await send(uploads, one, ROWS)).state is DatasetState.READY


async def test_a_sender_who_is_silent_is_left_and_only_one_sends_at_a_time(tmp_path: Path) -> None:
    uploads = desk(tmp_path, idle_s=0.2)
    one, _ = uploads.begin(record())
    began = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield ROWS[:4]
        began.set()
        await asyncio.sleep(60)

    sending = asyncio.create_task(uploads.receive(one, silent(), offset=0, size=len(ROWS)))
    await began.wait()
    with pytest.raises(Taken, match="another request"):
        await send(uploads, one, ROWS)
    with pytest.raises(Taken, match="another request"):
        await uploads.delete(one)
    with pytest.raises(TimeoutError):
        await sending
    assert uploads.depot.received(one) == 4


async def test_a_look_that_a_dead_gateway_began_is_taken_again(tmp_path: Path) -> None:
    uploads = desk(tmp_path)
    one, _ = uploads.begin(record())
    with uploads.depot.append(one) as file:
        file.write(ROWS)
    uploads.depot.finish(one)
    uploads.store.set_dataset(one.id, DatasetState.CHECKING)
    found = await asyncio.gather(*(uploads.settled(one) for _ in range(3)))
    assert {each.state for each in found} == {DatasetState.READY}
    assert isinstance(uploads.inspecting, Told)
    assert uploads.inspecting.seen == [uploads.depot.path(one)]


async def test_what_is_refused_leaves_no_bytes(tmp_path: Path) -> None:
    uploads = desk(tmp_path, inspecting=Told(report={"refused": "it unpacks to more than 5 bytes"}))
    one, _ = uploads.begin(record())
    assert (await send(uploads, one, ROWS)).state is DatasetState.REFUSED
    assert not uploads.depot.path(one).exists()
    with pytest.raises(SpecError, match="cannot be used: it unpacks"):
        find_ready(uploads.store, "default", "math")


async def test_jobs_read_what_is_whole_and_their_tenants(tmp_path: Path) -> None:
    uploads = desk(tmp_path)
    one, _ = uploads.begin(record())
    with pytest.raises(SpecError, match="not here as a whole"):
        find_ready(uploads.store, "default", "math")
    await send(uploads, one, ROWS)
    assert find_ready(uploads.store, "default", "math").id == one.id
    with pytest.raises(SpecError, match="there is no dataset 'math'"):
        find_ready(uploads.store, "acme", "math")
    await uploads.delete(one)
    assert not uploads.depot.path(one).exists()


def test_one_that_is_too_large_is_not_begun(tmp_path: Path) -> None:
    uploads = desk(tmp_path, limits=DatasetLimits(bytes=5))
    with pytest.raises(SpecError, match="may have 5 bytes"):
        uploads.begin(record())
    assert uploads.begin(replace(record(), bytes=5))[1]
