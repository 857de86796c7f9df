"""One actor, made again when it dies, with an actor that lives in this process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ray.exceptions import ActorAlreadyExistsError, RayActorError

from actors.cluster.member import MAX_RESTARTS, Member
from raylign.errors import DeadlineExpired, WorkerLost
from raylign.plan.plan import ActorPlan
from raylign.record.events.payloads import Payload

PLAN = ActorPlan(
    name="judge/0", role="judge", index=0, cpus=1, gpus=0, threads=1, model="", memory={}, unknown=()
)  # fmt: skip


class Remote:
    """A method of an actor: ``answer`` is what a call of it comes to."""

    def __init__(self, answer: Callable[..., Awaitable[Any]]) -> None:
        self.answer = answer
        self.name = ""

    def options(self, *, name: str) -> "Remote":
        self.name = name
        return self

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        return asyncio.ensure_future(self.answer(*args, **kwargs))


class FakeActor:
    """Lives until it is told to die."""

    def __init__(self) -> None:
        self.dead = False
        self.call = Remote(self._call)
        self.__ray_ready__ = Remote(self._call)

    async def _call(self, method: str = "", *args: Any, **kwargs: Any) -> Any:
        if self.dead:
            raise RayActorError
        if method == "hang":
            await asyncio.Event().wait()
        return (method, args, kwargs)


class Local(Member):
    """Ends its actor without Ray."""

    def __init__(self, *, taken: int = 0) -> None:
        self.made: list[FakeActor] = []
        self.taken = taken
        self.said: list[Payload] = []
        super().__init__(PLAN, "job_x", self._make, 1.0, self.said.append)  # type: ignore[arg-type]

    def _make(self) -> Any:
        if self.taken:
            self.taken -= 1
            raise ActorAlreadyExistsError("judge/0 is taken")
        self.made.append(FakeActor())
        return self.made[-1]

    def kill(self) -> None:
        self.made[-1].dead = True


async def test_a_name_that_is_still_taken_is_waited_for() -> None:
    member = Local(taken=2)
    await member.start()
    assert len(member.made) == 1
    assert await member.ready() == ("ready", (), {})


async def test_a_call_is_shown_under_its_role_and_phase_and_has_a_deadline() -> None:
    member = Local()
    await member.start()
    assert await member.call("judge", 1, phase="judge", seconds=1, more=2) == ("judge", (1,), {"more": 2})
    assert member.made[0].call.name == "judge.judge"
    with pytest.raises(DeadlineExpired, match=r"job_x.*judge/0.*'judge'"):
        await member.call("hang", phase="judge", seconds=0.01)


async def test_a_dead_actor_is_made_again_once_however_many_ask_for_it() -> None:
    member = Local()
    await member.start()
    member.made[0].dead = True
    lost = WorkerLost("judge/0 died")
    assert sorted(await asyncio.gather(*(member.restart(lost) for _ in range(3)))) == [False, False, True]
    assert (len(member.made), member.restarts) == (2, 1)
    [warned] = member.said
    assert "judge/0 is started again (1 of 3 times): judge/0 died" in str(warned)


async def test_an_actor_that_lives_is_replaced_only_where_it_hangs() -> None:
    member = Local()
    await member.start()
    assert not await member.restart(WorkerLost("?"))
    assert await member.restart(WorkerLost("?"), hung=True)
    assert [actor.dead for actor in member.made] == [True, False]


async def test_what_restarting_does_not_cure_is_given_up() -> None:
    member = Local()
    await member.start()
    for _ in range(MAX_RESTARTS):
        assert await member.restart(WorkerLost("it died"), hung=True)
    with pytest.raises(WorkerLost, match="it died It was restarted 3 times before: giving up"):
        await member.restart(WorkerLost("it died"), hung=True)
