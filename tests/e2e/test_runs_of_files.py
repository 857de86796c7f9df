"""A run that learns from what a file holds, killed and resumed, ends with the bits of one left alone."""

import os
import signal

import pytest
from jobs import PATIENCE_S, finish, run_job, small_job, start, untimed, wait_for_step

from raylign.record.rundir import RunDirectory

pytestmark = [pytest.mark.ray, pytest.mark.proof, pytest.mark.timeout(3 * PATIENCE_S)]

STEPS = 40


@pytest.mark.parametrize("example", ["preferences", "moving-reference", "rated", "sparsepo", "unpaired"])
def test_killed_and_resumed_it_ends_with_the_same_bits(tmp_path, example):
    settings = {"steps": STEPS, "evaluation": {"rows": 8}, "checkpoint": {"every": 4, "keep_last": 3}}
    job = small_job(tmp_path, example, task={"judges": [], "eval_prompts": None}, **settings)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    status, output = run_job("--job", str(job), "--run-dir", str(whole))
    assert status == 0, output
    driver = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(broken))
    wait_for_step(broken, 5, driver)
    os.kill(driver.pid, signal.SIGKILL)
    finish(driver)
    made = [row["step"] for row in RunDirectory(broken).metrics()]
    assert 5 <= made[-1] < STEPS - 1
    status, output = run_job("--run-dir", str(broken))
    assert status == 0, output
    assert untimed(broken) == untimed(whole)
    after = [measured(run) for run in (whole, broken)]
    assert after[0] == after[1]
    assert model(whole) == model(broken)


def measured(run):
    """The last word on what is held out."""
    return [event.data["tasks"] for event in RunDirectory(run).events() if event.kind == "evaluation"][-1]


def model(run):
    return (run / "model" / "model.safetensors").read_bytes()
