"""A Ray of the service's own, and what its Jobs API really does."""

import asyncio
import stat
import sys
from pathlib import Path

import psutil
import pytest

from raylign.errors import RayRefused, RayUnreachable
from raylign.service.dispatch import local_ray
from raylign.service.dispatch.local_ray import LocalRay, ensure_ray, find_ray, start_ray, stop_ray
from raylign.service.dispatch.ray_jobs import RAY_TERMINAL, RayJob, RayJobs
from raylign.service.home import open_home

SLEEP = f"{sys.executable} -c 'import time; time.sleep(600)'"


async def submit(ray: RayJobs, one: str, command: str) -> None:
    while True:
        try:
            return await ray.submit(one, command, env_vars={}, metadata={"raylign_job_id": "job_x"})
        except RayUnreachable:  # its head is still starting
            await asyncio.sleep(0.5)


async def status(ray: RayJobs, one: str, wanted: frozenset[str]) -> RayJob:
    while True:
        seen = await ray.get(one)
        if seen is not None and seen.status in wanted:
            return seen
        await asyncio.sleep(0.1)


def family(ray: LocalRay) -> list[psutil.Process]:
    parent = psutil.Process(ray.pid)
    return [parent, *parent.children(recursive=True)]


def left(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.ray
async def test_jobs_on_a_local_ray_run_stop_and_leave_nothing(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    try:
        ray = await asyncio.to_thread(start_ray, home, num_cpus=2)
        assert await asyncio.to_thread(ensure_ray, home) == ray  # the one that is there
        async with RayJobs(ray.dashboard_url, token_path=home.ray_token) as jobs:
            assert await jobs.get("job_x-a1") is None
            assert await jobs.actors("job_x-a1") == []
            hello = f"{sys.executable} -c 'print(6 * 7)'"
            await submit(jobs, "job_x-a1", hello)
            with pytest.raises(RayRefused, match="already exists"):
                await jobs.submit("job_x-a1", hello, env_vars={}, metadata={})
            assert (await status(jobs, "job_x-a1", RAY_TERMINAL)).status == "SUCCEEDED"
            assert "42" in await jobs.log_tail("job_x-a1")
            [node] = (await jobs.cluster()).nodes
            assert (node.cpus, node.memory_bytes > 2**28) == (2, True)

            await submit(jobs, "job_x-a2", SLEEP)
            await status(jobs, "job_x-a2", frozenset({"RUNNING"}))
            await jobs.stop("job_x-a2")
            assert (await status(jobs, "job_x-a2", RAY_TERMINAL)).status == "STOPPED"

            await submit(jobs, "job_x-a3", SLEEP)
            while (seen := await jobs.get("job_x-a3")) is None or seen.status not in RAY_TERMINAL:
                await jobs.stop("job_x-a3")  # from PENDING on, again and again, as the dispatcher does
                await asyncio.sleep(0.2)
            assert seen.status == "STOPPED"

            await submit(jobs, "job_x-a4", SLEEP)
            await status(jobs, "job_x-a4", frozenset({"RUNNING"}))
        async with RayJobs(ray.dashboard_url, token_path=tmp_path / "none") as stranger:
            with pytest.raises(RayUnreachable, match="wants a token"):
                await stranger.get("job_x-a1")
        assert stat.S_IMODE(home.ray_token.stat().st_mode) == 0o600
        processes = family(ray)
    finally:
        await asyncio.to_thread(stop_ray, home)
    assert left(processes) == []
    assert not Path(ray.temp_dir).exists()
    assert find_ray(home) is None
    assert local_ray._children == []  # a Popen kept beyond its child's end says at exit that it still runs
