"""Datasets on their way in: begun, sent in parts that may be lost and sent again, looked at, and let go."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from raylign.errors import DatasetNotFound, SpecError, Taken
from raylign.service.depot import Depot
from raylign.service.home import Home
from raylign.service.inspecting import Inspecting
from raylign.service.store import DatasetRecord, DatasetState, Store

logger = logging.getLogger(__name__)

IDLE_S = 30.0
"""Without a byte of a part, its sender is gone."""
BLOCK = 2**20
"""Bytes that are held before they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetLimits:
    """What one tenant may keep here."""

    bytes: int = 4_000_000_000
    """Of one dataset, also unpacked."""
    tenant_bytes: int = 50_000_000_000
    """Of all of a tenant's."""
    count: int = 1000


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """The datasets of one gateway. Calls of the disk may raise `OSError`."""

    store: Store
    home: Home
    limits: DatasetLimits = field(default_factory=DatasetLimits)
    inspecting: Inspecting = field(default_factory=Inspecting)
    idle_s: float = IDLE_S
    _writing: set[str] = field(default_factory=set)
    _looking: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    @property
    def depot(self) -> Depot:
        return Depot(self.home)

    def begin(self, made: DatasetRecord) -> tuple[DatasetRecord, bool]:
        """Make room for one; False where this upload was begun before, and goes on. Raises `Taken`, `SpecError`."""
        if made.bytes > self.limits.bytes:
            raise SpecError(f"a dataset may have {self.limits.bytes:,} bytes, this one has {made.bytes:,}: split it")
        return self.store.add_dataset(made, most=self.limits.count, most_bytes=self.limits.tenant_bytes)

    async def receive(
        self, dataset: DatasetRecord, chunks: AsyncIterator[bytes], *, offset: int, size: int
    ) -> DatasetRecord:
        """Keep ``size`` bytes that go at ``offset``; after the last of all, look at the whole.

        What has come stays where the rest does not. Raises `Taken` where the bytes belong elsewhere, `SpecError` where
        they are not as many as was said or, all together, not what was said; `TimeoutError`.
        """
        with self._alone(dataset):
            received = await asyncio.to_thread(self.depot.received, dataset)
            if dataset.state is not DatasetState.UPLOADING or offset != received:
                raise Taken(f"dataset {dataset.name!r} has {received} of its {dataset.bytes} bytes: go on from there")
            if offset + size > dataset.bytes:
                raise SpecError(f"dataset {dataset.name!r} has {dataset.bytes} bytes, these go beyond its end")
            came = await self._write(dataset, chunks, size)
            if came != size:
                await asyncio.to_thread(self.depot.cut, dataset, offset)
                raise SpecError(f"the body does not have the {size} bytes that were said: none of it was kept")
            if offset + size < dataset.bytes:
                return dataset
            if not await asyncio.to_thread(self.depot.finish, dataset):
                raise SpecError(
                    f"what came is not what {dataset.sha256!r} is the sha256 of: send it again from the start"
                )
            await asyncio.to_thread(self.store.set_dataset, dataset.id, DatasetState.CHECKING)
        return await self.settled(dataset)

    async def settled(self, dataset: DatasetRecord, *, wait_s: float = 10.0) -> DatasetRecord:
        """The dataset as it is once it has been looked at, or after ``wait_s`` seconds of that."""
        found = await asyncio.to_thread(self.store.dataset, None, dataset.id)
        if found.state is not DatasetState.CHECKING:
            return found
        if found.id not in self._looking:  # also where the gateway died while it looked
            task = self._looking[found.id] = asyncio.create_task(self._look(found))
            task.add_done_callback(lambda _: self._looking.pop(found.id))
        await asyncio.wait([self._looking[found.id]], timeout=wait_s)
        return await asyncio.to_thread(self.store.dataset, None, dataset.id)

    async def delete(self, dataset: DatasetRecord) -> None:
        """Let it go. Raises `Taken` while a job that has not ended reads it, or bytes of it are coming."""
        with self._alone(dataset):
            await asyncio.to_thread(self.store.delete_dataset, dataset)
            await asyncio.to_thread(self.depot.remove, dataset)

    async def _look(self, dataset: DatasetRecord) -> None:
        path, most = self.depot.path(dataset), self.limits.bytes
        try:
            now = await asyncio.to_thread(self.store.dataset, None, dataset.id)
            if now.state is not DatasetState.CHECKING:  # somebody's look ended since it was asked about
                return
            report = await self.inspecting.look(path, dataset.columns, most_unpacked=most)
            refused = "refused" in report
            if refused:
                await asyncio.to_thread(self.depot.remove, dataset)
            state = DatasetState.REFUSED if refused else DatasetState.READY
            await asyncio.to_thread(self.store.set_dataset, dataset.id, state, report=report)
        except Exception:  # it stays as it is, and whoever asks next starts another look
            logger.exception("dataset %s could not be looked at", dataset.id)

    async def _write(self, dataset: DatasetRecord, chunks: AsyncIterator[bytes], size: int) -> int:
        """Bytes that came, ``size + 1`` where there are more."""
        held, came = bytearray(), 0
        file = await asyncio.to_thread(self.depot.append, dataset)
        try:
            async with asyncio.timeout(self.idle_s) as deadline:
                async for chunk in chunks:
                    deadline.reschedule(asyncio.get_running_loop().time() + self.idle_s)
                    came += len(chunk)
                    if came > size:
                        return size + 1
                    held += chunk
                    if len(held) >= BLOCK:
                        await asyncio.to_thread(file.write, held)
                        held = bytearray()
        finally:
            await asyncio.to_thread(file.write, held)
            file.close()
        return came

    @contextlib.contextmanager
    def _alone(self, dataset: DatasetRecord) -> Iterator[None]:
        """Nobody else changes its bytes meanwhile. Raises `Taken`."""
        if dataset.id in self._writing:
            raise Taken(f"another request is sending dataset {dataset.name!r}: try again when that has ended")
        self._writing.add(dataset.id)
        try:
            yield
        finally:
            self._writing.discard(dataset.id)


def find_ready(store: Store, tenant: str, name: str) -> DatasetRecord:
    """The dataset that a job of ``tenant`` names. Raises `SpecError` where it has none to read."""
    try:
        found = store.dataset(tenant, name)
    except DatasetNotFound:
        raise SpecError(f"there is no dataset {name!r}: send it first, `raylign datasets push FILE`") from None
    match found.state:
        case DatasetState.UPLOADING:
            raise SpecError(f"dataset {name!r} is not here as a whole: go on sending it, `raylign datasets push FILE`")
        case DatasetState.REFUSED:
            raise SpecError(f"dataset {name!r} cannot be used: {(found.report or {}).get('refused')}")
    return found
