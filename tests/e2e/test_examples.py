"""Every example's tasks run on Ray, vLLM and DeepSpeed for a few steps, and leave a model that transformers loads.

One job holds the tasks of them all: a fleet takes half a minute to start on two cores.
"""

import json
import sqlite3
from functools import partial
from typing import Any

import pytest
from http_service import service
from jobs import EXAMPLES, PATIENCE_S, run_job, small_job

from examples.endpoints.service import answer
from raylign.clock import PHASES
from raylign.record.checkpoint import Checkpoints, problems
from raylign.record.rundir import RunDirectory

pytestmark = [
    pytest.mark.ray,
    pytest.mark.vllm,
    pytest.mark.timeout(2 * PATIENCE_S),
    pytest.mark.usefixtures("on_shared_ray"),
]


ROLLOUT = {"max_tokens": 40, "context_tokens": 128}
TRAINER = {"learning_rate": 5e-4, "tokens_per_microbatch": 2048, "ranks": 2, "zero_stage": 2}
SHARED = {"cpus_per_actor": 0.15}
"""They have ten actors together, and a small machine two cores."""
ADAPTED = {"model": str(EXAMPLES / "tiny" / "policy"), "dtype": "float32", "lora": {"rank": 4}}
ALL = (
    "codpo",
    "crraft",
    "crpg",
    "grpo",
    "lagrangian",
    "judges",
    "oaif",
    "opponents",
    "policy-gradients",
    "questions",
    "verifiable",
    "rewards",
    "vcb",
    "endpoints",
)
JOBS = [
    pytest.param(
        ALL, {"policy": ADAPTED, "trainer": TRAINER, "rollout": ROLLOUT, "resources": SHARED}, 0, id="adapters"
    ),
    pytest.param(
        ALL,
        {"trainer": TRAINER, "rollout": {**ROLLOUT, "max_staleness": 1}, "resources": SHARED},
        1,
        id="whole weights, a step behind",
        marks=pytest.mark.proof,
    ),
]
COUNT = 3


def elsewhere(heard: set[str], path: str, body: Any, headers: Any) -> Any:
    """What the endpoints example asks, answered by its own stand-ins."""
    heard.add(path)
    return 200, answer(path, body)


@pytest.mark.parametrize(("examples", "changes", "overlap"), JOBS)
def test_examples(tmp_path, monkeypatch, examples, changes, overlap):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    trackers = [{"type": "wandb", "offline": True}, {"type": "mlflow"}]
    job = small_job(tmp_path, *examples, steps=COUNT, trackers=trackers, **changes)
    heard: set[str] = set()
    with service(partial(elsewhere, heard)) as url:
        file = (EXAMPLES / "endpoints" / "endpoints.yaml").read_text()
        (tmp_path / "endpoints.yaml").write_text(file.replace("http://127.0.0.1:8765", url))
        monkeypatch.setenv("RAYLIGN_ENDPOINTS", str(tmp_path / "endpoints.yaml"))
        status, output = run_job("--job", str(job), "--run-dir", str(tmp_path / "run"))
    assert status == 0, output
    assert heard == {"/score", "/v1/chat/completions"}
    run = RunDirectory(tmp_path / "run")
    events = list(run.events())
    steps = [event.data for event in events if event.kind == "step"]
    assert [step["step"] for step in steps] == list(range(COUNT))
    assert events[-1].data["state"] == "succeeded"
    assert [event.data["step"] for event in events if event.kind == "evaluation"] == [0, COUNT]
    assert [step["staleness"] for step in steps] == [0] + [overlap] * (COUNT - 1)
    trained = [step for step in steps if step["train"]]
    assert trained
    for step in trained:
        assert step["train"]["logprob_gap_max"] < 1e-4  # trainer against vLLM after every publish, float32
        assert {*step["seconds"], "norms"} == set(PHASES)  # norms are taken now and then
    for example in examples:  # each example had something to learn from
        assert any(
            metrics["examples"] for step in steps for name, metrics in step["tasks"].items() if name.startswith(example)
        )
    path, progress = Checkpoints(run.checkpoints_path).latest()
    assert progress.next_step == COUNT
    assert problems(path) == []
    model, tokenizer = (kind.from_pretrained(run.model_path) for kind in (AutoModelForCausalLM, AutoTokenizer))
    assert tokenizer.chat_template
    assert model.num_parameters() > 0
    if "lora" in changes.get("policy", {}):  # beside the merged model, as peft reads them
        assert {"adapter_config.json", "adapter_model.safetensors"} <= {
            file.name for file in run.adapter_path.iterdir()
        }
    assert "<html" in run.report_path.read_text()
    json.loads(run.plan_path.read_text())
    with sqlite3.connect(run.path / "mlflow.db") as curves:
        points = curves.execute("select step, value from metrics where key = 'train/loss' order by step").fetchall()
    assert points == [(step["step"], step["train"]["loss"]) for step in trained]
    (log,) = run.path.glob("wandb/offline-run-*/*.wandb")
    assert b"train/loss" in log.read_bytes()
    assert f"wandb sync {log.parent}" in run.report_path.read_text()
