"""A publish between GPUs in its order: joined once, begun, sent by all ranks, compared, proven."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.sampling.rollout_pool import RolloutPool
from actors.training.transferred import TransferredWeights
from actors.weights.gpu_transfer import Route
from raylign.errors import PublishFailed, WorkerLost


class Noting:
    """A member that notes what it is asked."""

    def __init__(self, name: str, calls: list[Any], *, fails: str = "") -> None:
        self.name, self._calls, self._fails = name, calls, fails

    async def call(self, method: str, *args: Any, phase: str, seconds: float, **settings: Any) -> Any:
        await asyncio.sleep(0)
        self._calls.append((self.name, method, *args, *settings.values()))
        if method == self._fails:
            raise PublishFailed(f"{method} failed")
        return {"tensors_checked": 2, "bytes": 5} if method == "finish_update" else None

    async def references(self, method: str, *args: Any, phase: str, seconds: float) -> AsyncIterator[Any]:
        for bucket in ("x", "y") if self.name == "policy/0" else ():
            yield bucket

    async def restart(self, lost: Any) -> bool:
        return True


def fleet(fails: str = "") -> tuple[TransferredWeights, RolloutPool, list[Any]]:
    calls: list[Any] = []
    engines = [Noting(f"rollout/{at}", calls, fails=fails) for at in range(2)]
    pool = RolloutPool(engines, generate_s=5, publish_s=5)  # type: ignore[arg-type]
    route = Route(
        carrier="nccl", engines=(), tensor_parallel=1, master_addr="", master_port=1, bucket_bytes=9, seconds=5
    )
    trainers = [Noting(f"policy/{at}", calls) for at in range(2)]
    return TransferredWeights(trainers, pool, route), pool, calls  # type: ignore[arg-type]


async def test_ranks_join_once_and_nothing_is_sent_before_all_have_begun() -> None:
    weights, pool, calls = fleet()
    report = await weights.publish(0, verify_all=True)
    await weights.publish(1)
    assert (report.workers, report.tensors_checked, report.bytes_sent, pool.version) == (2, 4, 10, 1)
    of_one = [call[1:] for call in calls if call[0] == "rollout/1"]
    assert of_one == [
        *[("begin_update", 0, True), ("compare", "x"), ("compare", "y"), ("finish_update",)],
        *[("begin_update", 1, False), ("compare", "x"), ("compare", "y"), ("finish_update",)],
    ]
    assert [call[1] for call in calls if call[0] == "policy/1"] == ["open_transfer", "send_weights", "send_weights"]
    methods = [call[1] for call in calls]
    assert methods.index("send_weights") > max(at for at, name in enumerate(methods[:6]) if name == "begin_update")


@pytest.mark.parametrize("fails", ["begin_update", "compare", "finish_update"])
async def test_what_fails_fails_the_publish(fails: str) -> None:
    weights, _, _ = fleet(fails)
    with pytest.raises(PublishFailed, match=f"{fails} failed"):
        await weights.publish(0)


async def test_a_lost_worker_is_lost_for_nobody_kept_its_weights() -> None:
    weights, pool, _ = fleet()
    await weights.publish(0)
    with pytest.raises(WorkerLost, match="rollout/0 died"):
        await pool._revive(pool.members[0], WorkerLost("rollout/0 died"))
