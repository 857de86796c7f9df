"""Workers without state as one: who is free takes the next call, and one that fails is replaced and asked again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from actors.cluster.member import MAX_RESTARTS, Member
from raylign.errors import DeadlineExpired, WorkerLost

T = TypeVar("T")

TRIES = 2
"""Times one call may reach its deadline: once may be the worker's fault, twice is the question's."""


class Crew:
    """Each worker has one call at a time, so that a call's deadline runs from its start and not from when it was asked.

    What waits for a worker has a deadline of its own, by all that is before it. ``restart_s``: longest start of a
    worker.
    """

    def __init__(self, members: Sequence[Member], *, restart_s: float) -> None:
        self.members = members
        self._restart_s = restart_s
        self._free: asyncio.Queue[Member] = asyncio.Queue()
        for member in members:
            self._free.put_nowait(member)
        self._owed_s = 0.0
        """Deadlines of all calls asked for and not yet answered."""

    async def ask(self, method: str, *args: Any, phase: str, seconds: float) -> Any:
        """``worker.method(*args)`` of the next worker that is free, within ``seconds`` once it has begun.

        Raises `DeadlineExpired` when a new worker took too long as well; else as `Member.call` and `Member.restart` do.
        """
        async with self._turn(phase, seconds) as member:
            tries = 1
            while True:
                try:
                    return await member.call(method, *args, phase=phase, seconds=seconds)
                except WorkerLost as lost:
                    await member.restart(lost)
                except DeadlineExpired as expired:
                    if tries == TRIES:
                        raise DeadlineExpired(
                            f"{expired}. It was asked {TRIES} times, the last time as a new worker: what it was asked "
                            "is too much for it"
                        ) from expired
                    tries += 1
                    await member.restart(expired, hung=True)

    @asynccontextmanager
    async def _turn(self, phase: str, seconds: float) -> AsyncIterator[Member]:
        patience = TRIES * self._owed_s + MAX_RESTARTS * self._restart_s
        self._owed_s += seconds
        try:
            try:
                async with asyncio.timeout(patience):
                    member = await self._free.get()
            except TimeoutError:
                names = ", ".join(member.name for member in self.members)
                raise DeadlineExpired(
                    f"no worker was free for {phase!r} within {patience:g} s, which is more than all calls before it "
                    f"may take ({names}). Their logs are in the Ray dashboard"
                ) from None
            try:
                yield member
            finally:
                self._free.put_nowait(member)
        finally:
            self._owed_s -= seconds


def shares(costs: Sequence[float], *, budget: float, workers: int, at_least: int = 1) -> Iterator[range]:
    """Cut ``range(len(costs))`` into calls: each within the budget, or of one item, and none without some.

    Every worker gets some where there is enough: at most one share in ``workers``, but ``at_least`` so many items.
    """
    most = max(-(-len(costs) // workers), at_least)
    start, spent = 0, 0.0
    for at, cost in enumerate(costs):
        if at > start and (spent + cost > budget or at - start == most):
            yield range(start, at)
            start, spent = at, 0.0
        spent += cost
    if costs:
        yield range(start, len(costs))


async def together(*calls: Awaitable[T]) -> list[T]:
    """All results, in order; the first failure ends the other calls and is raised."""
    if len(calls) == 1:  # a task for it alone would cost more than it does
        return [await calls[0]]

    async def wait(call: Awaitable[T]) -> T:
        return await call

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(wait(call)) for call in calls]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
