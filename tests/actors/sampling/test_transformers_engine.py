"""The plain engine: its weights are replaced with the same proof."""

from pathlib import Path
from typing import Any

import pytest
import torch
from engine_process import keep, kept
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM

from actors.sampling.rollout import RolloutWorker
from actors.weights.weight_update import WeightUpdate, view
from benchmarks.parity import policy
from raylign.errors import PublishFailed, RunError
from raylign.spec.parts import RolloutSettings
from raylign.types import Prompt, Request

PROMPT, RESPONSE = (2, 14, 8, 21, 3), (9, 30, 17, 9, 52, 1)


def start(engine: str, model: Path) -> None:
    rollout = RolloutSettings(engine=engine, memory_gb=0.02)  # type: ignore[arg-type]
    keep(lambda: RolloutWorker(model=str(model), dtype="float32", rollout=rollout, device="cpu", threads=1))


def update(sent: WeightUpdate, version: int, verify_all: bool = True) -> dict[str, Any]:
    return kept().update_weights(sent, version, verify_all=verify_all)


def score() -> list[float]:
    return kept().logprobs_of(PROMPT, RESPONSE)


def serve(version: int | None) -> int:
    prompt = Prompt(task="t", id="t/0", text="", question="", messages=(), token_ids=PROMPT)
    return sum(len(handful) for handful in kept().generate([Request(prompt=prompt, index=0, seed=0)], version))


def plain(model: Path) -> list[float]:
    policy = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    ids = torch.tensor([[*PROMPT, *RESPONSE]])
    with torch.no_grad():
        logprobs = policy(ids).logits[0, len(PROMPT) - 1 : -1].log_softmax(-1)
    return logprobs.gather(1, torch.tensor(RESPONSE)[:, None])[:, 0].tolist()


def weights(model: Path) -> dict[str, Tensor]:
    return load_file(model / "model.safetensors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policies")


@pytest.mark.parametrize("architecture", ["llama", "llama-tied", "qwen3_moe", "gpt2"])
def test_the_transformers_engine_takes_weights_with_the_same_proof(folder: Path, architecture: str) -> None:
    old, new = (policy(folder, architecture, seed) for seed in (0, 1))
    start("transformers", old)
    good = weights(new)
    assert score() == pytest.approx(plain(old), abs=1e-5)
    proof = update(view(good.items()), 0)
    assert proof["tensors_checked"] == len(good)
    assert score() == pytest.approx(plain(new), abs=1e-5)
    for tensor in good.values():
        tensor.zero_()  # the engine's weights are its own: they do not follow what was sent
    assert score() == pytest.approx(plain(new), abs=1e-5)
    victim = next(name for name in good if "down_proj" in name or "c_fc" in name)
    with pytest.raises(PublishFailed, match=r"was not sent|refused"):
        update(view((name, tensor) for name, tensor in good.items() if name != victim), 1)
    with pytest.raises(RunError, match="last update failed after weights version 0"):
        serve(0)
