"""The recipe example on Ray, vLLM and DeepSpeed: finetuning, a reward model on what it made, an alignment by both."""

import pytest
import yaml
from jobs import EXAMPLES, PATIENCE_S, run_job

from actors.scoring.classifier import Classifier
from raylign.record.checkpoint import Checkpoints, problems
from raylign.record.rundir import RunDirectory
from raylign.spec import load_job

pytestmark = [
    pytest.mark.ray,
    pytest.mark.vllm,
    pytest.mark.timeout(2 * PATIENCE_S),
    pytest.mark.usefixtures("on_shared_ray"),
]

STEPS = {"finetuned": 3, "reward": 2, "aligned": 2}


def test_each_stage_learns_from_what_came_before(tmp_path):
    document = load_job(EXAMPLES / "recipe.yaml").model_dump(mode="json")
    for stage in document["stages"]:
        stage |= {
            "steps": STEPS[stage["name"]],
            "evaluation": {"rows": 8} if stage["kind"] != "align" else {"prompts": 4},
        }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(document))
    status, output = run_job(
        "--job", str(tmp_path / "recipe.yaml"), "--run-dir", str(tmp_path / "run"), seconds=2 * PATIENCE_S
    )
    assert status == 0, output
    whole = RunDirectory(tmp_path / "run")
    told = list(whole.events())
    begun = [event.said.stage for event in told if event.kind == "stage"]
    assert begun == list(STEPS)
    assert [event.kind for event in told].count("end") == 1
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    runs = {name: RunDirectory(whole.stages_path / name) for name in STEPS}
    events = {name: list(run.events()) for name, run in runs.items()}
    for name, run in runs.items():
        steps = [event.data["step"] for event in events[name] if event.kind == "step"]
        assert steps == list(range(STEPS[name]))
        assert [event.said.step for event in told if event.kind == "step" and event.said.stage == name] == steps
        path, progress = Checkpoints(run.checkpoints_path).latest()
        assert (progress.next_step, problems(path)) == (STEPS[name], [])
        assert (run.model_path / "model.safetensors").exists()
    of_file = {name: [actor["role"] for actor in plan(events[name])["actors"]] for name in ("finetuned", "reward")}
    assert of_file == {"finetuned": ["policy"], "reward": ["policy"]}  # nobody samples there
    demonstrations, comparisons = (measured(events[name]) for name in ("finetuned", "reward"))
    assert demonstrations[1]["loss"] < demonstrations[0]["loss"]
    assert comparisons[0].keys() == {"loss", "accuracy", "difference", "calibration"}
    assert comparisons[0] != comparisons[1]
    holds = {actor["role"]: actor["model"] for actor in plan(events["aligned"])["actors"]}
    assert holds["policy"] == holds["reference"] == str(runs["finetuned"].model_path)
    assert holds["reward"] == str(runs["reward"].model_path)
    for event in events["aligned"]:
        if event.kind == "step":
            assert event.data["tasks"]["math"]["reward"] is not None
            assert event.data["train"]["logprob_gap_max"] < 1e-4
    one, other = Classifier(holds["reward"], dtype="float32", device="cpu")([[2, 30, 1], [2, 40, 50, 1]])
    assert one != other
    assert (whole.model_path / "model.safetensors").samefile(runs["aligned"].model_path / "model.safetensors")


def plan(events):
    (made,) = [event.data for event in events if event.kind == "plan"]
    return made


def measured(events):
    """Before and after, on what is held out."""
    return [event.data["tasks"]["math"]["held_out"] for event in events if event.kind == "evaluation"]
