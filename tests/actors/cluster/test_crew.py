"""Who is asked when, and what happens to a question that takes too long, with workers in this process."""

import asyncio
from typing import Any

import pytest

from actors.cluster.crew import TRIES, Crew, shares, together
from raylign.errors import DeadlineExpired, RunError, WorkerLost


class FakeMember:
    """Answers after ``seconds``, twice as many while it ``hangs``; a call beyond its own deadline expires."""

    def __init__(self, name: str, *, seconds: float = 0.0, hangs: int = 0, dies: int = 0) -> None:
        self.name, self.seconds, self.hangs, self.dies = name, seconds, hangs, dies
        self.asked: list[Any] = []
        self.restarts: list[tuple[str, bool]] = []
        self.at_work = 0

    async def call(self, method: str, *args: Any, phase: str, seconds: float) -> Any:
        assert self.at_work == 0
        self.at_work += 1
        self.asked.append(args)
        try:
            if self.dies:
                self.dies -= 1
                raise WorkerLost(f"{self.name} died")
            if self.hangs:
                self.hangs -= 1
                raise DeadlineExpired(f"{self.name} did not finish {phase!r} within {seconds:g} s")
            if self.seconds > seconds:
                raise DeadlineExpired("too slow")
            await asyncio.sleep(self.seconds)
        finally:
            self.at_work -= 1
        return f"{self.name}: {args[0]}"

    async def restart(self, lost: RunError, *, hung: bool = False) -> bool:
        self.restarts.append((type(lost).__name__, hung))
        return True


def crew(*members: FakeMember) -> Crew:
    return Crew(members, restart_s=1.0)  # type: ignore[arg-type]


async def ask(crew: Crew, question: Any, *, seconds: float = 1.0) -> Any:
    return await crew.ask("answer", question, phase="judge", seconds=seconds)


async def test_a_deadline_runs_from_the_start_of_a_call_not_from_the_queue() -> None:
    slow = FakeMember("judge/0", seconds=0.02)
    workers = crew(slow)
    answers = await together(*(ask(workers, number, seconds=0.03) for number in range(20)))
    assert answers == [f"judge/0: {number}" for number in range(20)]
    assert slow.restarts == []


async def test_who_is_free_takes_the_next_call() -> None:
    busy, idle = FakeMember("judge/0", seconds=0.2), FakeMember("judge/1")
    await together(*(ask(crew_, number) for crew_ in [crew(busy, idle)] for number in range(10)))
    assert len(busy.asked) == 1
    assert len(idle.asked) == 9


async def test_a_hung_worker_is_replaced_and_asked_once_more() -> None:
    member = FakeMember("judge/0", hangs=1)
    assert await ask(crew(member), "q") == "judge/0: q"
    assert member.restarts == [("DeadlineExpired", True)]


async def test_a_question_that_hangs_twice_ends_the_run_and_says_so() -> None:
    member = FakeMember("judge/0", hangs=5)
    with pytest.raises(DeadlineExpired, match=r"'judge' within 1 s.*asked 2 times, the last time as a new worker"):
        await ask(crew(member), "q")
    assert len(member.asked) == TRIES


async def test_a_dead_worker_is_replaced_and_asked_again() -> None:
    member = FakeMember("judge/0", dies=2)
    assert await ask(crew(member), "q") == "judge/0: q"
    assert member.restarts == [("WorkerLost", False)] * 2


async def test_a_crew_whose_workers_never_come_free_names_them() -> None:
    workers = Crew([FakeMember("judge/0", seconds=30)], restart_s=0.01)  # type: ignore[list-item]
    stuck = asyncio.create_task(ask(workers, "first", seconds=60))
    await asyncio.sleep(0)
    workers._owed_s = 0.0  # as if it were long past its deadline
    with pytest.raises(DeadlineExpired, match=r"no worker was free for 'judge'.*judge/0"):
        await ask(workers, "second")
    stuck.cancel()


@pytest.mark.parametrize("workers", [1, 3])
def test_shares_leave_nothing_out_and_keep_to_the_budget(workers: int) -> None:
    costs = [1.0, 2.0, 7.0, 1.0, 1.0, 30.0, 2.0]
    parts = list(shares(costs, budget=8.0, workers=workers))
    assert [at for part in parts for at in part] == list(range(len(costs)))
    assert all(len(part) == 1 or sum(costs[at] for at in part) <= 8.0 for part in parts)
    assert len(parts) >= workers
    assert list(shares([], budget=1.0, workers=workers)) == []


async def test_the_first_failure_ends_the_others() -> None:
    async def fail() -> None:
        raise WorkerLost("gone")

    with pytest.raises(WorkerLost, match="gone"):
        await together(fail(), asyncio.sleep(60))
