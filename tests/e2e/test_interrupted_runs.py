"""Kill the driver, resume, end with the bits of an undisturbed run. Ctrl-C leaves a checkpoint and no actor."""

import hashlib
import os
import signal
import time

import psutil
import pytest
from jobs import finish, run_job, small_job, start, untimed, wait_for_step

from raylign.record.checkpoint import Checkpoints
from raylign.record.rundir import RunDirectory

pytestmark = pytest.mark.ray

ENGINE = {"engine": "transformers", "max_tokens": 24, "context_tokens": 128}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_run_ended_by_ctrl_c_and_then_killed_resumes_to_the_same_bits(tmp_path):
    job = small_job(tmp_path, "crpg", steps=6, rollout=ENGINE, checkpoint={"every": 2, "keep_last": 4})
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    status, output = run_job("--job", str(job), "--run-dir", str(whole))
    assert status == 0, output

    process = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(broken))
    wait_for_step(broken, 1, process)
    refused, said = run_job("--run-dir", str(broken))
    assert refused == 1
    assert f"is in use by another run, process {process.pid}" in said
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    os.kill(process.pid, signal.SIGINT)
    status, output = finish(process)
    assert status == 130, output
    assert "raylign run --resume" in output
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
    assert list(RunDirectory(broken).events())[-1].data["state"] == "cancelled"

    process = start("actors", "run", "--no-dashboard", "--run-dir", str(broken))
    wait_for_step(broken, 4, process)
    os.kill(process.pid, signal.SIGKILL)
    finish(process)
    found = Checkpoints(broken / "checkpoints").latest()
    assert found is not None
    assert found[1].next_step in (4, 6)
    status, output = run_job("--run-dir", str(broken))
    assert status == 0, output
    assert untimed(broken) == untimed(whole)
    weights = "checkpoints/step-6/policy/model.safetensors"
    assert digest(broken / weights) == digest(whole / weights)
    seqs = [event.seq for event in RunDirectory(broken).events()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_ctrl_c_while_actors_start_leaves_nothing_behind(tmp_path):
    job = small_job(tmp_path, "crpg", rollout=ENGINE)
    process = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(tmp_path / "run"))
    events = tmp_path / "run" / "events.jsonl"
    deadline = time.monotonic() + 120
    while not (events.exists() and "starting actors" in events.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    status, output = finish(process, seconds=60)
    assert status == 130, output
    assert "there is no checkpoint yet" in output
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
