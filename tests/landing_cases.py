"""A rollout worker in the process it is called in (`engine_process.keep`), what is asked of it, and what plain
transformers says to that."""

from pathlib import Path
from typing import Any

import torch
from engine_process import keep, kept
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM

from actors.sampling.rollout import RolloutWorker
from actors.weights.weight_update import WeightUpdate
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
