"""A small job with two tasks of different losses, examples for it, trainers that take its steps and plain PyTorch that
takes them too, and what becomes of the weights."""

import random
import socket
from collections.abc import Sequence as Items
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from actors.training.trainer import PolicyTrainer
from raylign.loop.packing import pack
from raylign.losses import Terms, build
from raylign.methods.method import Method
from raylign.spec import Job, parse_job
from raylign.types import Example, Sequence, StepStats

TEMPERATURE = 0.9
WHOLE = 10**6
"""A budget that no step's examples exceed."""
BUCKET = 100_000
"""Bytes: some of a policy's tensors, not all."""


def make_job(
    model: Path, *, dtype: str = "float32", lora: dict[str, Any] | None = None, steps: int = 10, **trainer: Any
) -> Job:
    policy = {"model": str(model), "dtype": dtype} | ({"lora": lora} if lora else {})
    shared = {"prompts": {"path": "prompts.jsonl"}, "reward": {"model": "reward"}}
    tasks = [
        {"name": "alone", "weight": 2.0, "method": {"type": "crpg"}, **shared},
        {"name": "paired", "method": {"type": "codpo"}, **shared},
    ]
    rates = {"learning_rate": 1e-3, "schedule": {"type": "linear", "warmup_steps": 2}, "task_norms_every": 0}
    return parse_job(
        {
            "name": "test",
            "steps": steps,
            "policy": policy,
            "tasks": tasks,
            "rollout": {"temperature": TEMPERATURE},
            "trainer": {**rates, **trainer},
        }
    )


def pair_job(model: Path, method: Method, **settings: Any) -> Job:
    """That job with another method of pairs."""
    job = make_job(model, **settings)
    alone, paired = job.tasks
    return job.model_copy(update={"tasks": (alone, paired.model_copy(update={"method": method}))})


def make_examples(seed: int = 0, *, pairs: int = 4) -> list[Example]:
    """As many single examples as pairs; random tokens of unequal lengths."""
    rng = random.Random(seed)

    def tokens(longest: int) -> tuple[int, ...]:
        return tuple(rng.randrange(4, 90) for _ in range(rng.randint(1, longest)))

    def respond(prompt: tuple[int, ...]) -> Sequence:
        response = tokens(9)
        behavior, reference = ([rng.uniform(-6, -3) for _ in response] for _ in range(2))
        return Sequence(prompt_ids=prompt, response_ids=response, behavior=tuple(behavior), reference=tuple(reference))

    examples = []
    for _ in range(pairs):
        examples.append(
            Example(task="alone", sequences=(respond(tokens(12)),), coefficient=rng.gauss(0, 1), weight=2 / pairs)
        )
        prompt = tokens(12)
        examples.append(Example(task="paired", sequences=(respond(prompt), respond(prompt)), weight=1 / pairs))
    return examples


def make_trainer(job: Job, *, rank: int = 0, world_size: int = 1, port: int = 0) -> PolicyTrainer:
    return PolicyTrainer(
        job=job,
        rank=rank,
        world_size=world_size,
        master_addr="127.0.0.1",
        master_port=port or free_port(),
        device="cpu",
        threads=1,
    )


def take_steps(trainer: PolicyTrainer, steps: range, *, budget: int = WHOLE) -> list[StepStats]:
    """Each on examples of its own."""
    return [trainer.step(step, pack(make_examples(step), ranks=1, tokens_per_microbatch=budget)[0]) for step in steps]


def metrics(stats: StepStats) -> dict[tuple[str, str], float]:
    """By task and name."""
    return {(task, name): value for task, found in stats.metrics_by_task.items() for name, value in found.items()}


def weights(trainer: PolicyTrainer) -> dict[str, torch.Tensor]:
    """What it exports now, which its next step does not change."""
    return {name: tensor.clone() for bucket in trainer.export(BUCKET) for name, tensor in bucket.tensors()}


def assert_close(actual: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], tolerance: float) -> None:
    assert actual.keys() == expected.keys()
    for name in actual:
        torch.testing.assert_close(actual[name], expected[name], rtol=tolerance, atol=tolerance, msg=name)


def assert_same_bits(actual: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert actual.keys() == expected.keys()
    assert [name for name in actual if not torch.equal(actual[name], expected[name])] == []


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def plain_steps(
    job: Job, batches: Items[Items[Example]], rates: Items[float]
) -> tuple[dict[str, torch.Tensor], list[float]]:
    """Weights and gradient norms after AdamW steps on the summed loss, one unpadded sequence at a time."""
    model = AutoModelForCausalLM.from_pretrained(job.policy.model, dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), betas=job.trainer.betas, weight_decay=job.trainer.weight_decay)
    losses = {task.name: build(task.method.objective, max_correction=job.trainer.max_correction) for task in job.tasks}
    norms = []
    for examples, rate in zip(batches, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        for example in examples:
            terms = _terms(example, [_logprobs(model, sequence) for sequence in example.sequences])
            (example.weight * losses[example.task](terms).per_unit_U.sum()).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), job.trainer.max_grad_norm)))
        optimizer.step()
    return dict(model.named_parameters()), norms


def _logprobs(model: Any, sequence: Sequence) -> torch.Tensor:
    ids = torch.tensor([[*sequence.prompt_ids, *sequence.response_ids]])
    logprobs = (model(ids).logits[0] / TEMPERATURE).log_softmax(-1)
    start = len(sequence.prompt_ids)
    return torch.stack([logprobs[start + t - 1, token] for t, token in enumerate(sequence.response_ids)])


def _terms(example: Example, policies: list[torch.Tensor]) -> Terms:
    def padded(rows: list[torch.Tensor]) -> torch.Tensor:
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)[None]

    return Terms(
        policy_UNT=padded(policies),
        reference_UNT=padded([torch.tensor(sequence.reference) for sequence in example.sequences]),
        behavior_UNT=padded([torch.tensor(sequence.behavior) for sequence in example.sequences]),
        mask_UNT=padded([torch.ones(len(sequence.response_ids)) for sequence in example.sequences]),
        coefficient_U=torch.tensor([example.coefficient]),
        stale_U=torch.tensor([float(bool(example.staleness))]),
        target_UN=torch.tensor([[sequence.target for sequence in example.sequences]]),
    )
