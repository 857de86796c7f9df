"""The reward-model example on Ray and DeepSpeed: the trainer alone; its model gives rewards."""

import pytest
from jobs import PATIENCE_S, run_job, small_job

from actors.scoring.classifier import Classifier
from raylign.record.checkpoint import Checkpoints, problems
from raylign.record.rundir import RunDirectory

pytestmark = [pytest.mark.ray, pytest.mark.proof, pytest.mark.timeout(PATIENCE_S)]


def test_comparisons_become_a_reward_model(tmp_path):
    job = small_job(tmp_path, "reward-model", steps=2, evaluation={"rows": 8})
    status, output = run_job("--job", str(job), "--run-dir", str(tmp_path / "run"))
    assert status == 0, output
    run = RunDirectory(tmp_path / "run")
    events = list(run.events())
    (plan,) = [event.data for event in events if event.kind == "plan"]
    assert [actor["role"] for actor in plan["actors"]] == ["policy"]
    before, after = (event.data["tasks"] for event in events if event.kind == "evaluation")
    assert before["chat"]["held_out"].keys() == {"loss", "accuracy", "difference", "calibration"}
    assert before["chat"]["held_out"] != after["chat"]["held_out"]
    path, progress = Checkpoints(run.checkpoints_path).latest()
    assert (progress.next_step, problems(path)) == (2, [])
    one, other = Classifier(str(run.model_path), dtype="float32", device="cpu")([[2, 30, 1], [2, 40, 50, 1]])
    assert one != other
