"""A run that is interrupted in every way ends with the bits of one left alone; Ctrl-C leaves no process behind."""

import hashlib
import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from depths import deep
from jobs import EXAMPLES, PATIENCE_S, finish, run_job, small_job, start, untimed, wait_for_step

from raylign.record.checkpoint import Checkpoints
from raylign.record.rundir import RunDirectory

pytestmark = [pytest.mark.ray, pytest.mark.timeout(3 * PATIENCE_S)]

ENGINE = {"engine": "transformers", "max_tokens": 24, "context_tokens": 128}
REPLACED = ("rollout", "reward", "reference")
"""Workers without state, in the order in which they are killed."""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def last_step(run: Path) -> int:
    return max((row["step"] for row in RunDirectory(run).metrics()), default=-1)


def wait_for_actors(run: Path) -> None:
    """Until the run says that they are starting."""
    events = run / "events.jsonl"
    end = time.monotonic() + PATIENCE_S
    while not (events.exists() and "starting actors" in events.read_text()):
        assert time.monotonic() < end, f"no actor was started within {PATIENCE_S} s"
        time.sleep(0.1)


def kill_worker(driver: int, role: str) -> None:
    """SIGKILL to the actor whose process title names ``role``, at work or idle."""
    for process in psutil.Process(driver).children(recursive=True):
        title = " ".join(process.cmdline()).lower()
        if title.startswith("ray::") and role in title:
            os.kill(process.pid, signal.SIGKILL)
            return
    raise AssertionError(f"no {role} worker runs")


@deep("roles", short=REPLACED[:1], whole=REPLACED)
def test_killed_in_every_part_a_run_ends_with_the_bits_of_one_left_alone(tmp_path, roles):
    # Enough that nothing is killed too late: between a kill and what is said of it a few steps may pass.
    steps = 12 + 4 * len(roles)
    job = small_job(tmp_path, "crpg", steps=steps, rollout=ENGINE, checkpoint={"every": 2, "keep_last": 4})
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    status, output = run_job("--job", str(job), "--run-dir", str(whole))
    assert status == 0, output

    # Nobody else may have its directory; workers without state are replaced; then Ctrl-C.
    driver = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(broken))
    wait_for_actors(broken)
    refused, said = run_job("--run-dir", str(broken))
    assert refused == 1
    assert f"is in use by another run, process {driver.pid}" in said
    wait_for_step(broken, 1, driver)
    for role in roles:
        kill_worker(driver.pid, role)
        wait_for_step(broken, last_step(broken) + 2, driver)
    children = psutil.Process(driver.pid).children(recursive=True)
    assert children
    os.kill(driver.pid, signal.SIGINT)
    status, output = finish(driver)
    assert status == 130, output
    assert "raylign run --resume" in output
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
    assert list(RunDirectory(broken).events())[-1].data["state"] == "cancelled"

    # Resumed: the driver is killed.
    driver = start("actors", "run", "--no-dashboard", "--run-dir", str(broken))
    wait_for_step(broken, last_step(broken) + 2, driver)
    at = last_step(broken)
    os.kill(driver.pid, signal.SIGKILL)
    finish(driver)
    found = Checkpoints(broken / "checkpoints").latest()
    assert found is not None
    assert at - 1 <= found[1].next_step <= last_step(broken) + 1

    # Resumed again: a lost trainer goes back to the last checkpoint.
    driver = start("actors", "run", "--no-dashboard", "--run-dir", str(broken))
    wait_for_step(broken, last_step(broken) + 1, driver)
    kill_worker(driver.pid, "policy")
    status, output = finish(driver)
    assert status == 0, output

    assert untimed(broken) == untimed(whole)
    assert [row["step"] for row in RunDirectory(broken).metrics()] == list(range(steps))
    weights = f"checkpoints/step-{steps}/policy/model.safetensors"
    assert digest(broken / weights) == digest(whole / weights)
    events = list(RunDirectory(broken).events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].data["state"] == "succeeded"
    *replaced, rebuilt = [event.data["message"] for event in events if event.kind == "warning"]
    assert [warning.split(":")[0] for warning in replaced] == [
        f"{role}/0 is started again (1 of 3 times)" for role in roles
    ]
    assert "policy/0 died" in rebuilt
    assert "the last good checkpoint is" in rebuilt
    assert sum(event.data.get("phase") == "resuming" for event in events) == 3


@pytest.mark.proof
def test_what_came_out_is_measured_beside_what_it_came_from(tmp_path):
    """By the same judges and reward, on a file."""
    run = tmp_path / "run"
    status, output = run_job("--job", str(small_job(tmp_path, "crpg", rollout=ENGINE)), "--run-dir", str(run))
    assert status == 0, output
    prompts = EXAMPLES / "tiny" / "prompts" / "math-eval.jsonl"
    told = ("--run-dir", str(run), "--prompts", str(prompts), "--task", "math", "--greedy", "--json")
    status, output = finish(start("actors", "eval", *told))
    assert status == 0, output
    measured = json.loads(output.splitlines()[-1])
    assert measured["prompts"] == len(prompts.read_text().splitlines())
    for metric in ("satisfied", "math", "reward"):
        assert None not in (measured["metrics"][metric]["base"], measured["metrics"][metric]["result"])


def test_ctrl_c_while_actors_start_leaves_nothing_behind(tmp_path):
    job = small_job(tmp_path, "crpg", rollout=ENGINE)
    process = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(tmp_path / "run"))
    wait_for_actors(tmp_path / "run")
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    status, output = finish(process, seconds=60)
    assert status == 130, output
    assert "there is no checkpoint yet" in output
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
