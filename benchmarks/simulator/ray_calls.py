"""What Ray itself costs the driver for a call: the one thing of a run's loop that is not simulated."""

import asyncio
import os
from typing import Any

import ray

from actors.cluster.member import Member
from raylign.plan.plan import ActorPlan

CALLS = 2_000
AT_ONCE = 256


class Echo:
    """Says what it is told."""

    def call(self, method: str, *args: Any, **settings: Any) -> Any:
        return None


def cpu_per_call() -> float:
    """Seconds of the driver's CPU, all threads of it, for a call through `Member` on a Ray of its own."""
    ray.init(num_cpus=1, include_dashboard=False, configure_logging=False)
    try:
        return asyncio.run(_measured())
    finally:
        ray.shutdown()


async def _measured() -> float:
    plan = ActorPlan(name="echo/0", role="rollout", index=0, cpus=1, gpus=0, threads=1, model="", memory={}, unknown=())
    member = Member(plan, "calls", lambda: ray.remote(Echo).remote(), 60.0, lambda said: None)
    await member.start()
    await _ask(member, AT_ONCE)
    begun = _cpu_s()
    for _ in range(0, CALLS, AT_ONCE):
        await _ask(member, AT_ONCE)
    return (_cpu_s() - begun) / (-(-CALLS // AT_ONCE) * AT_ONCE)


async def _ask(member: Member, count: int) -> None:
    await asyncio.gather(*(member.call("echo", phase="echo", seconds=60.0) for _ in range(count)))


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system
