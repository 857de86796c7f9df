"""Jobs beside jobs: as many as the cluster has room for, in the order of the queue."""

import time
from pathlib import Path

from jobs import EXAMPLES
from service import Desk, dispatcher_desk, job

from raylign.service.store import State
from raylign.spec import load_job


def queue(desk: Desk, **asked: int) -> str:
    time.sleep(0.003)
    return desk.store.create(load_job(EXAMPLES / "crpg.yaml"), priority=asked.get("priority", 0))[0].id


def states(desk: Desk, *ids: str) -> list[State]:
    return [desk.job(one).state for one in ids]


async def test_jobs_run_beside_each_other_as_long_as_there_is_room(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, max_running_jobs=8) as desk:
        desk.ray.nodes = [{"CPU": 3, "memory": 2**36}]  # a job's five actors take 0.25 each
        ids = [queue(desk) for _ in range(3)]
        await desk.look()
        assert states(desk, *ids) == [State.STARTING, State.STARTING, State.QUEUED]
        assert desk.job(ids[2]).status_reason.startswith("waiting for room: it needs 1.25 CPU")
        assert "; 2 on the cluster leave 0.5 CPU" in desk.job(ids[2]).status_reason
        desk.store.cancel(ids[0])
        desk.ray.set(f"{ids[0]}-a1", "STOPPED")
        await desk.look()
        assert states(desk, *ids) == [State.CANCELLED, State.STARTING, State.STARTING]


async def test_no_job_is_let_past_one_that_waits_for_room(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, max_running_jobs=8) as desk:
        desk.ray.nodes = [{"CPU": 2, "memory": 2**36}]
        first, low, high = queue(desk), queue(desk, priority=-1), queue(desk, priority=1)
        await desk.look()
        assert states(desk, high, first, low) == [State.STARTING, State.QUEUED, State.QUEUED]
        desk.ray.set(f"{high}-a1", "FAILED")
        await desk.look()
        assert states(desk, high, first, low) == [State.STARTING, State.QUEUED, State.QUEUED]  # again, and first


async def test_a_job_of_which_nothing_is_known_runs_alone(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, max_running_jobs=8) as desk:
        known = queue(desk)
        unknown = desk.store.create(job())[0].id
        await desk.look()
        assert states(desk, known, unknown) == [State.STARTING, State.QUEUED]
        assert "not known" in desk.job(unknown).status_reason
        desk.store.cancel(known)
        desk.ray.set(f"{known}-a1", "STOPPED")
        await desk.look()
        time.sleep(0.003)
        behind = queue(desk)
        await desk.look()
        assert states(desk, unknown, behind) == [State.STARTING, State.QUEUED]


async def test_there_are_never_more_than_the_operator_allows(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, max_running_jobs=2) as desk:
        ids = [queue(desk) for _ in range(3)]
        await desk.look()
        assert states(desk, *ids) == [State.STARTING, State.STARTING, State.QUEUED]
