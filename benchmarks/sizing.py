"""What models of 7B, 13B and 70B parameters take of each GPU, by the plan's own estimator; none of them is anywhere.

Shapes are those of Llama 2's configurations. One task of 64 prompts with 8 responses each, prompts of 512 tokens and
responses of 1,024, 8,192 tokens a microbatch, bfloat16, gradient checkpointing. In brackets: what does not fit.
"""

import argparse
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from raylign.plan.demand import Demand
from raylign.plan.dimensions import read_dimensions
from raylign.plan.memory.terms import GIB
from raylign.plan.memory.training import offloaded
from raylign.plan.model_files import ModelInfo
from raylign.plan.weight_headers import TensorHeader
from raylign.spec import Job, parse_job
from raylign.spec.actors import Role
from raylign.spec.parts import ReferenceSettings

CONFIGS: Mapping[str, Mapping[str, int]] = {
    "7B": {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 11008},
    "13B": {"hidden_size": 5120, "num_hidden_layers": 40, "num_attention_heads": 40, "intermediate_size": 13824},
    "70B": {
        **{"hidden_size": 8192, "num_hidden_layers": 80, "num_attention_heads": 64, "intermediate_size": 28672},
        "num_key_value_heads": 8,
    },
}
VOCABULARY, CONTEXT = 32000, 4096
TRAININGS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, int] | None]] = {
    "all weights, 8 ranks, ZeRO-1": ({"ranks": 8, "zero_stage": 1}, None),
    "all weights, 8 ranks, ZeRO-3": ({"ranks": 8, "zero_stage": 3}, None),
    "all weights, 8 ranks, ZeRO-3, offloaded": (
        {"ranks": 8, "zero_stage": 3, "offload": {"optimizer": "cpu", "parameters": "cpu"}},
        None,
    ),
    "all weights, 64 ranks, ZeRO-3": ({"ranks": 64, "zero_stage": 3}, None),
    "LoRA 16, 8 ranks": ({"ranks": 8, "zero_stage": 1}, {"rank": 16}),
}
"""The trainer's settings, and the policy's adapters."""
PARALLEL = (1, 2, 4, 8)
"""GPUs of one engine."""
PROMPT, RESPONSE = 512, 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpu-memory-gb", type=float, default=80, help="of one GPU (80)")
    room = parser.parse_args().gpu_memory_gb
    print("| model | training | a trainer's rank | on its host | reference | a rank that hosts it | an engine's GPU |")
    print("|---|---|---|---|---|---|---|")
    for name in CONFIGS:
        for training in TRAININGS:
            print(f"| {name} | {training} | {' | '.join(row(name, training, room))} |")


def row(name: str, training: str, room: float) -> tuple[str, ...]:
    """GiB of a GPU: a rank, and of its host by offloading; the reference, a rank with the reference beside the policy,
    an engine over the fewest GPUs that hold it."""
    asked = job(training)
    reference = need(name, asked, "reference") if any(one.role == "reference" for one in asked.actors()) else None
    hosting = asked.model_copy(update={"reference": ReferenceSettings(where="trainer")})
    can_host = asked.trainer.sharding == 3 or asked.lends_reference
    hosted = need(name, hosting, "policy") if can_host else None
    rank, host = need(name, asked, "policy"), sum(offloaded(asked, model(name)).values()) / GIB
    return told(rank, room), f"{host:.0f}", told(reference, room), told(hosted, room), engine(name, asked, room)


def engine(name: str, asked: Job, room: float) -> str:
    """Of an engine; how many GPUs it lies on, where it is more than one."""
    share = room * asked.rollout.gpu_memory_fraction
    for parallel in PARALLEL:
        rollout = asked.rollout.model_copy(update={"tensor_parallel": parallel})
        size = need(name, asked.model_copy(update={"rollout": rollout}), "rollout")
        if size <= share:
            break
    return told(size, share) + (f" x {parallel}" if parallel > 1 else "")


def told(size: float | None, room: float) -> str:
    """As the table has it."""
    if size is None:
        return "none"
    return f"{size:.0f}" if size <= room else f"[{size:.0f}]"


def need(name: str, asked: Job, role: Role) -> float:
    """GiB of a GPU that the first actor of a role takes, at its worst moment."""
    demand = Demand(device="cuda", models={"model": model(name)}, prompt_tokens={"task": PROMPT})
    return sum(demand.of(asked, role, ["model"], rank=0).values()) / GIB


def job(training: str) -> Job:
    """CRPG on one task: what reads a reference."""
    trainer, lora = TRAININGS[training]
    task = {
        **{"name": "task", "prompts": {"path": "prompts.jsonl"}, "prompts_per_step": 64, "samples_per_prompt": 8},
        **{"reward": {"type": "rules"}, "judges": [{"type": "math"}], "method": {"type": "crpg", "kl_max": 10.0}},
    }
    return parse_job(
        {
            **{"name": "sizing", "steps": 1, "policy": {"model": "model", "dtype": "bfloat16", "lora": lora}},
            "tasks": [task],
            "rollout": {"max_tokens": RESPONSE},
            "trainer": {**trainer, "gradient_checkpointing": True, "tokens_per_microbatch": 8192},
        }
    )


def model(name: str) -> ModelInfo:
    """A model that is nowhere, as its directory would tell of it."""
    config = {**CONFIGS[name], "vocab_size": VOCABULARY}
    hidden, layers, inner = config["hidden_size"], config["num_hidden_layers"], config["intermediate_size"]
    keys = hidden * config.get("num_key_value_heads", config["num_attention_heads"]) // config["num_attention_heads"]
    layer = {
        **{"q": (hidden, hidden), "k": (keys, hidden), "v": (keys, hidden), "o": (hidden, hidden)},
        **{"gate": (inner, hidden), "up": (inner, hidden), "down": (hidden, inner), "in": (hidden,), "post": (hidden,)},
    }
    shapes: dict[str, tuple[int, ...]] = {
        f"{at}.{part}": shape for at in range(layers) for part, shape in layer.items()
    }
    shapes |= {"embed": (VOCABULARY, hidden), "lm_head.weight": (VOCABULARY, hidden), "norm": (hidden,)}
    return ModelInfo(
        path=Path(name),
        architecture="LlamaForCausalLM",
        tensors={
            tensor: TensorHeader(shape=shape, dtype="bfloat16", nbytes=2 * prod(shape))
            for tensor, shape in shapes.items()
        },
        dimensions=read_dimensions(config, Path(name)),
        vocab_size=VOCABULARY,
        max_position=CONTEXT,
        has_chat_template=True,
    )


if __name__ == "__main__":
    main()
