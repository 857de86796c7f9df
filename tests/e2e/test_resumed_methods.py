"""Every online method, killed and resumed, ends with the bits of a run left alone: multipliers, learned masks, what an
annotator was asked about and said among them. One job holds the tasks of all examples, as in `test_examples`."""

import os
import signal

import pytest
from jobs import PATIENCE_S, finish, run_job, small_job, start, untimed, wait_for_step

from raylign.record.rundir import RunDirectory

pytestmark = [
    pytest.mark.ray,
    pytest.mark.proof,
    pytest.mark.timeout(3 * PATIENCE_S),
    pytest.mark.usefixtures("on_shared_ray"),
]

METHODS = ("codpo", "crraft", "crpg", "grpo", "lagrangian", "oaif", "opponents", "policy-gradients", "vcb")
STEPS = 6
CHANGES = {
    "rollout": {"engine": "transformers", "max_tokens": 24, "context_tokens": 128},
    "resources": {"cpus_per_actor": 0.15},
    "checkpoint": {"every": 1, "keep_last": 2},
    "steps": STEPS,
}


def test_killed_and_resumed_every_method_ends_with_the_same_bits(tmp_path):
    job = small_job(tmp_path, *METHODS, **CHANGES)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    status, output = run_job("--job", str(job), "--run-dir", str(whole))
    assert status == 0, output
    driver = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(broken))
    wait_for_step(broken, 2, driver)
    os.kill(driver.pid, signal.SIGKILL)
    finish(driver)
    assert RunDirectory(broken).metrics()[-1]["step"] < STEPS - 1
    status, output = run_job("--run-dir", str(broken))
    assert status == 0, output
    assert untimed(broken) == untimed(whole)
    files = [{path.name: path.read_bytes() for path in run.glob("asked-*.jsonl")} for run in (whole, broken)]
    assert files[0]
    assert files[0] == files[1]
    models = [(run / "model" / "model.safetensors").read_bytes() for run in (whole, broken)]
    assert models[0] == models[1]
