"""Kill workers on purpose: those without state are replaced, a lost trainer costs a return to the last checkpoint."""

import os
import signal
import time

import psutil
import pytest
from jobs import finish, small_job, start, wait_for_step

from raylign.record.rundir import RunDirectory

pytestmark = pytest.mark.ray

ENGINE = {"engine": "transformers", "max_tokens": 24, "context_tokens": 128}

REPLACED = ("rollout", "reward", "reference")


def kill_worker(driver: int, role: str) -> None:
    """SIGKILL to the actor whose process title names ``role``, at work or idle."""
    for process in psutil.Process(driver).children(recursive=True):
        title = " ".join(process.cmdline()).lower()
        if title.startswith("ray::") and role in title:
            os.kill(process.pid, signal.SIGKILL)
            return
    raise AssertionError(f"no {role} worker runs")


def last_step(run) -> int:
    return max((row["step"] for row in RunDirectory(run).metrics()), default=-1)


def test_lost_workers_are_replaced_and_a_lost_trainer_goes_back_to_the_checkpoint(tmp_path):
    job = small_job(tmp_path, "crpg", steps=30, rollout=ENGINE, checkpoint={"every": 5})
    run = tmp_path / "run"
    driver = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(run))
    wait_for_step(run, 1, driver)
    for role in REPLACED:
        kill_worker(driver.pid, role)
        wait_for_step(run, last_step(run) + 2, driver)
    while last_step(run) < 7:
        time.sleep(0.2)
    kill_worker(driver.pid, "policy")
    status, output = finish(driver, seconds=280)
    assert status == 0, output
    events = list(RunDirectory(run).events())
    assert events[-1].data["state"] == "succeeded"
    assert [row["step"] for row in RunDirectory(run).metrics()] == list(range(30))
    *replaced, rebuilt = [event.data["message"] for event in events if event.kind == "warning"]
    assert [warning.split(":")[0] for warning in replaced] == [
        f"{role}/0 is started again (1 of 3 times)" for role in REPLACED
    ]
    assert "policy/0 died" in rebuilt
    assert "the last good checkpoint is" in rebuilt
    resumed = [event.data["detail"] for event in events if event.data.get("phase") == "resuming"]
    assert len(resumed) == 1
