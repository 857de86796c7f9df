"""Actors that are called as Ray's are, in simulated time, and what their calls cost the driver."""

import asyncio
import pickle
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from actors.cluster.member import Member
from benchmarks.simulator.times import Times
from benchmarks.simulator.workers import Feedback, Reference, Rollout, Trainer
from raylign.plan.plan import ActorPlan
from raylign.spec import Job
from raylign.spec.actors import Role


@dataclass(slots=True)
class Ledger:
    """What is counted while a run is simulated."""

    busy_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Simulated seconds in which actors of a role work, all of them together."""
    calls: Counter[str] = field(default_factory=Counter)
    """By phase; what a stream yields counts as one each."""
    nbytes: Counter[str] = field(default_factory=Counter)
    """That go through the driver, by phase: what is asked, and what is answered."""
    aside_s: float = 0.0
    """Real CPU seconds of what stands for workers: not the loop's own."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        begun = time.process_time()
        try:
            yield
        finally:
            self.aside_s += time.process_time() - begun


class Actor:
    """Stands for `ray.actor.ActorHandle`: one call after the other. What is said is pickled and read, as Ray does."""

    def __init__(self, role: str, worker: Any, ledger: Ledger) -> None:
        self._role, self._worker, self._ledger = role, worker, ledger
        self._free_at = 0.0

    @property
    def call(self) -> "_Method":
        return _Method(self._call)

    @property
    def stream(self) -> "_Method":
        return _Method(self._stream)

    def _call(self, method: str, *args: Any, **settings: Any) -> Awaitable[Any]:
        self._count(method)
        given = self._sent(method, args)
        with self._ledger.aside():
            seconds, said = getattr(self._worker, method)(*pickle.loads(given), **settings)
            answer = pickle.dumps(said)
        del given, said
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        loop.call_at(self._busy(seconds) + seconds, lambda: done.done() or done.set_result(answer))
        return self._heard(method, done)

    async def _heard(self, method: str, done: "asyncio.Future[bytes]") -> Any:
        answer = await done
        self._ledger.nbytes[method] += len(answer)
        return pickle.loads(answer)

    def _stream(self, method: str, *args: Any) -> AsyncIterator[Any]:
        given = self._sent(method, args)
        with self._ledger.aside():
            made = [
                (seconds, pickle.dumps(item)) for seconds, item in getattr(self._worker, method)(*pickle.loads(given))
            ]
        return self._yielded(method, made, self._busy(made[-1][0] if made else 0.0))

    async def _yielded(self, method: str, made: list[tuple[float, bytes]], begun: float) -> AsyncIterator[Any]:
        made.reverse()
        while made:
            seconds, answer = made.pop()
            await asyncio.sleep(begun + seconds - asyncio.get_running_loop().time())
            self._count(method)
            yield Referred(answer, self._ledger, method)

    def _sent(self, method: str, args: tuple[Any, ...]) -> bytes:
        given = pickle.dumps(args)
        self._ledger.nbytes[method] += len(given)
        return given

    def _count(self, method: str) -> None:
        self._ledger.calls[method] += 1

    def _busy(self, seconds: float) -> float:
        """When work that takes so long begins."""
        begun = max(asyncio.get_running_loop().time(), self._free_at)
        self._free_at = begun + seconds
        self._ledger.busy_s[self._role] += seconds
        return begun


@dataclass(frozen=True, slots=True)
class _Method:
    remote: Callable[..., Any]

    def options(self, **_: Any) -> "_Method":
        return self


class Referred:
    """Stands for `ray.ObjectRef`: what it refers to is read where it is awaited, or where it arrives."""

    def __init__(self, answer: bytes, ledger: Ledger, method: str) -> None:
        self._answer, self._ledger, self._method = answer, ledger, method

    def __await__(self) -> Generator[Any, None, Any]:
        self._ledger.nbytes[self._method] += len(self._answer)
        return pickle.loads(self._answer)
        yield

    def __reduce__(self) -> Any:
        return pickle.loads, (self._answer,)


def members(job: Job, times: Times, ledger: Ledger) -> Mapping[Role, list[Member]]:
    """All that the job's plan has, by role."""
    made: dict[Role, list[Member]] = {
        role: [] for role in ("policy", "reference", "rollout", "reward", "judge", "llm-judge", "endpoint")
    }
    for actors in job.actors():
        for _ in range(actors.count):
            made[actors.role].append(_member(actors.role, len(made[actors.role]), times, ledger))
    return made


async def start(fleet: Mapping[Role, list[Member]]) -> None:
    for crew in fleet.values():
        for member in crew:
            await member.start()


def _member(role: Role, index: int, times: Times, ledger: Ledger) -> Member:
    plan = ActorPlan(
        name=f"{role}/{index}", role=role, index=index, cpus=1, gpus=0, threads=1, model="", memory={}, unknown=()
    )
    worker: Any = {"policy": Trainer(times, index), "reference": Reference(times), "rollout": Rollout(times)}.get(
        role, Feedback(times)
    )

    def create() -> Any:
        return Actor(role, worker, ledger)

    return Member(plan, "simulated", create, 60.0, lambda said: None)
