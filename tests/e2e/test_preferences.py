"""The preference examples on Ray and DeepSpeed: trainer and reference alone, and no vLLM where nothing is measured."""

import json

import pytest
import yaml
from jobs import PATIENCE_S, run_job, small_job

from raylign.record.checkpoint import Checkpoints, problems
from raylign.record.rundir import RunDirectory

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(PATIENCE_S),
    pytest.mark.usefixtures("on_shared_ray"),
]

PAIRED = ("preferences-chat", "preferences-math", "unpaired-instructions")


def test_pairs_of_a_file_are_trained_on(tmp_path):
    changes = {"eval_prompts": None, "judges": []}
    moving = {"follows": {"every": 2, "share": 0.5}}
    job = small_job(
        tmp_path, "preferences", "unpaired", steps=3, evaluation={"rows": 8}, reference=moving, task=changes
    )
    document = yaml.safe_load(job.read_text())
    for task in document["tasks"][:2]:  # of the example of pairs
        task["select"] = {"budget": 6, "pool": 24}
    job.write_text(yaml.safe_dump(document))
    status, output = run_job("--job", str(job), "--run-dir", str(tmp_path / "run"))
    assert status == 0, output
    run = RunDirectory(tmp_path / "run")
    steps = [event.data for event in run.events() if event.kind == "step"]
    told = [(step["step"], step["tasks"]["preferences-chat"]["satisfied"]) for step in steps]
    assert told == [(0, None), (1, None), (2, None)]
    kept = [json.loads((run.path / f"chosen-preferences-{task}.json").read_text()) for task in ("chat", "math")]
    assert [(one["of"], len(set(one["places"]))) for one in kept] == [(24, 6)] * 2
    measured = [step["train"]["loss_metrics"] for step in steps]
    assert all({"margin", "accuracy"} <= one[task].keys() for one in measured for task in PAIRED)
    assert measured[0]["preferences-chat"]["margin"] == pytest.approx(0, abs=1e-4)  # it begins as its reference
    assert measured[2]["preferences-math"]["margin"] != 0
    assert measured[2]["unpaired-math"].keys() == {"desirable", "undesirable"}
    assert steps[0]["tasks"]["unpaired-math"]["method"] == {"z0": pytest.approx(0, abs=1e-4)}
    assert steps[2]["tasks"]["unpaired-chat"]["examples"] == 6  # of three pairs, taken apart
    before, after = [event.data["tasks"] for event in run.events() if event.kind == "evaluation"]
    assert before["preferences-chat"]["held_out"]["margin"] == pytest.approx(0, abs=1e-4)
    assert after["preferences-chat"]["held_out"].keys() == {"margin", "accuracy"}
    assert after["preferences-chat"]["held_out"]["margin"] != before["preferences-chat"]["held_out"]["margin"]
    path, progress = Checkpoints(run.checkpoints_path).latest()
    assert (progress.next_step, problems(path)) == (3, [])
    assert [place.name for place in run.reference_path.iterdir()] == ["step-2"]  # half of the way, and held since
    assert (run.model_path / "model.safetensors").exists()
