"""One actor of the fleet, and how to make it again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import ActorAlreadyExistsError, RayActorError

from actors.cluster.within import Wait, within
from raylign.errors import RunError, WorkerLost
from raylign.plan.plan import ActorPlan
from raylign.record.events import Emit
from raylign.record.events.payloads import Warned

NAME_FREE_S = 30.0
MAX_RESTARTS = 3
"""Of one actor within one attempt; more means something is wrong that restarting does not cure."""


class Member:
    """A named actor: started, called under a deadline, restarted in its own bundle when it dies."""

    def __init__(
        self, plan: ActorPlan, job: str, create: Callable[[], ActorHandle], start_s: float, emit: Emit
    ) -> None:
        self.plan = plan
        self.job = job
        self.restarts = 0
        self._create = create
        self._start_s = start_s
        self._emit = emit
        self._actor: ActorHandle | None = None
        self._restarting = asyncio.Lock()

    @property
    def name(self) -> str:
        return self.plan.name

    async def start(self) -> None:
        """Create the actor. The name of one that was just killed is free only once the cluster has noticed."""
        end = asyncio.get_running_loop().time() + NAME_FREE_S
        while True:
            try:
                self._actor = self._create()
            except ActorAlreadyExistsError:
                if asyncio.get_running_loop().time() > end:
                    raise
                await asyncio.sleep(0.1)
            else:
                return

    async def ready(self) -> dict[str, Any]:
        """Facts the worker states once its model is loaded."""
        facts: dict[str, Any] = await within(self.submit("ready", phase="start"), self._wait("start", self._start_s))
        return facts

    async def call(self, method: str, *args: Any, phase: str, seconds: float, **kwargs: Any) -> Any:
        """``worker.method(*args)``. Shown in the dashboard under ``phase``. Raises as `within` does."""
        return await within(self.submit(method, *args, phase=phase, **kwargs), self._wait(phase, seconds))

    def submit(self, method: str, *args: Any, phase: str, **kwargs: Any) -> Any:
        """Start a call; the result is an object reference."""
        call = self.handle.call.options(name=f"{self.plan.role}.{phase}")
        return call.remote(method, *args, **kwargs)

    async def stream(self, method: str, *args: Any, phase: str, seconds: float) -> AsyncIterator[Any]:
        """What the worker's generator yields, as it yields it; ``seconds`` for all of it."""
        wait = self._wait(phase, seconds)
        end = asyncio.get_running_loop().time() + seconds
        async for item in self.references(method, *args, phase=phase, seconds=seconds):
            yield await within(item, wait, seconds=end - asyncio.get_running_loop().time())

    async def references(self, method: str, *args: Any, phase: str, seconds: float) -> AsyncIterator[Any]:
        """As `stream`, but references to what is yielded: it stays where it was made."""
        wait = self._wait(phase, seconds)
        end = asyncio.get_running_loop().time() + seconds
        call = self.handle.stream.options(name=f"{self.plan.role}.{phase}", num_returns="streaming")
        stream = call.remote(method, *args)
        while True:
            left = end - asyncio.get_running_loop().time()
            try:
                item = await within(anext(stream), wait, seconds=left)
            except StopAsyncIteration:
                return
            yield item

    async def restart(self, lost: RunError, *, hung: bool = False) -> bool:
        """Replace a dead actor. False where another caller has just done so. Raises `WorkerLost` after too many.

        ``hung``: replace it though it may be alive. For workers that one caller at a time asks.
        """
        async with self._restarting:
            if not hung and await self._alive():
                return False
            if self.restarts == MAX_RESTARTS:
                raise WorkerLost(f"{lost} It was restarted {MAX_RESTARTS} times before: giving up") from lost
            self.restarts += 1
            again = f"{self.name} is started again ({self.restarts} of {MAX_RESTARTS} times)"
            self._emit(Warned(message=f"{again}: {lost}"))
            self.kill()
            await self.start()
            await self.ready()
            return True

    def kill(self) -> None:
        """End the actor's process now."""
        if self._actor is not None:
            ray.kill(self._actor, no_restart=True)

    async def _alive(self) -> bool:
        try:
            await asyncio.wait_for(self._answer(), 5)
        except (RayActorError, TimeoutError):
            return False
        return True

    async def _answer(self) -> None:
        await self.handle.__ray_ready__.remote()

    @property
    def handle(self) -> ActorHandle:
        """The actor itself; another once it was started again."""
        assert self._actor is not None  # `start` comes first
        return self._actor

    def _wait(self, phase: str, seconds: float) -> Wait:
        return Wait(job=self.job, worker=self.name, phase=phase, seconds=seconds)
