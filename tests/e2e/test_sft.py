"""The finetuning example on Ray and DeepSpeed: the trainer alone, where nothing is sampled for a measurement."""

import pytest
from jobs import PATIENCE_S, run_job, small_job

from raylign.record.checkpoint import Checkpoints, problems
from raylign.record.rundir import RunDirectory

pytestmark = [pytest.mark.ray, pytest.mark.proof, pytest.mark.timeout(PATIENCE_S)]


def test_demonstrations_are_learned(tmp_path):
    job = small_job(tmp_path, "sft", steps=3, evaluation={"rows": 8})
    status, output = run_job("--job", str(job), "--run-dir", str(tmp_path / "run"))
    assert status == 0, output
    run = RunDirectory(tmp_path / "run")
    events = list(run.events())
    (plan,) = [event.data for event in events if event.kind == "plan"]
    assert [actor["role"] for actor in plan["actors"]] == ["policy"]
    steps = [event.data for event in events if event.kind == "step"]
    assert [step["step"] for step in steps] == [0, 1, 2]
    assert all({"math", "instructions"} == step["train"]["loss_metrics"].keys() for step in steps)
    before, after = (event.data["tasks"] for event in events if event.kind == "evaluation")
    assert all(0 < after[name]["held_out"]["loss"] < before[name]["held_out"]["loss"] for name in after)
    path, progress = Checkpoints(run.checkpoints_path).latest()
    assert (progress.next_step, problems(path)) == (3, [])
    assert (run.model_path / "model.safetensors").exists()
