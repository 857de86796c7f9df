"""The preference example on Ray and DeepSpeed: trainer and reference alone, and no vLLM where nothing is measured."""

import json

import pytest
from jobs import PATIENCE_S, run_job, small_job

from raylign.record.checkpoint import Checkpoints, problems
from raylign.record.rundir import RunDirectory

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(PATIENCE_S),
    pytest.mark.usefixtures("on_shared_ray"),
]


def test_pairs_of_a_file_are_trained_on(tmp_path):
    changes = {"eval_prompts": None, "judges": [], "select": {"budget": 6, "pool": 24}}
    job = small_job(tmp_path, "preferences", steps=3, evaluation={"rows": 8}, task=changes)
    status, output = run_job("--job", str(job), "--run-dir", str(tmp_path / "run"))
    assert status == 0, output
    run = RunDirectory(tmp_path / "run")
    steps = [event.data for event in run.events() if event.kind == "step"]
    assert [(step["step"], step["tasks"]["chat"]["satisfied"]) for step in steps] == [(0, None), (1, None), (2, None)]
    kept = [json.loads((run.path / f"chosen-{task}.json").read_text()) for task in ("chat", "math")]
    assert [(one["of"], len(set(one["places"]))) for one in kept] == [(24, 6)] * 2
    measured = [step["train"]["loss_metrics"] for step in steps]
    assert all({"margin", "accuracy"} <= one["math"].keys() for one in measured)
    assert measured[0]["chat"]["margin"] == pytest.approx(0, abs=1e-4)  # the policy begins as its reference
    assert measured[2]["math"]["margin"] != 0
    before, after = [event.data["tasks"] for event in run.events() if event.kind == "evaluation"]
    assert before["chat"]["held_out"]["margin"] == pytest.approx(0, abs=1e-4)
    assert after["chat"]["held_out"].keys() == {"margin", "accuracy"}
    assert after["chat"]["held_out"]["margin"] != before["chat"]["held_out"]["margin"]
    path, progress = Checkpoints(run.checkpoints_path).latest()
    assert (progress.next_step, problems(path)) == (3, [])
    assert (run.model_path / "model.safetensors").exists()
