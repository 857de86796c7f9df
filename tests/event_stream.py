"""Event streams as real runs make them, and as bad days make them."""

import math
import random
from collections.abc import Iterator
from typing import Any

from raylign.record.events import Event

TASKS = ("chat", "instructions", "math", "code", "harm")
METHODS = {"chat": "crraft", "instructions": "crpg", "math": "crpg", "code": "codpo", "harm": "crpg"}
JUDGES = {
    "chat": ["refusal"],
    "instructions": ["instruction"],
    "math": ["answer", "format"],
    "code": ["tests"],
    "harm": ["safety", "false_refusal"],
}
KL_MAX = {"chat": 3.0, "instructions": 5.0, "math": 5.0, "code": None, "harm": 4.0}
HOSTILE = (
    "<script>alert('owned')</script> \x1b[2J\x1b[31mred\x1b]0;title\x07 \x9b31m {{ 7 * 7 }} [bold]x[/bold] \u202eabc"
)
LONG = "word " * 20_000
SECONDS = {
    "draw": 0.002, "generate": 0.31, "judge": 0.12, "select": 0.001,
    "score": 0.08, "pack": 0.003, "step": 0.22, "publish": 0.04,
}  # fmt: skip


def plan(tasks: tuple[str, ...], steps: int) -> dict[str, Any]:
    """What Plan.to_dict gives."""
    entries = [
        {
            "name": task,
            "method": METHODS.get(task, "crpg"),
            "judges": JUDGES.get(task, ["length"]),
            "reward": "tiny/helpfulness",
            "prompts_per_step": 16,
            "samples_per_prompt": 4,
            "samples": 64,
            "weight": 1.0,
            "kl_max": KL_MAX.get(task, 5.0),
        }
        for task in tasks
    ]
    actors = [
        {"name": "policy/0", "role": "policy", "count": 1, "cpus": 0.25, "gpus": 0, "model": "tiny/policy"},
        {"name": "rollout/0", "role": "rollout", "count": 1, "cpus": 0.25, "gpus": 0, "model": "tiny/policy"},
        {"name": "reward/0", "role": "reward", "count": 1, "cpus": 0.25, "gpus": 0, "model": "tiny/helpfulness"},
        {"name": "judge/0", "role": "judge", "count": 2, "cpus": 0.25, "gpus": 0, "model": None},
    ]
    totals = {"samples_per_step": 64 * len(tasks), "microbatches": 3, "actors": 5, "memory_gib": 4.2}
    return {"job": "tiny-cgpo", "steps": steps, "tasks": entries, "actors": actors, "totals": totals}


EVALUATED = 100
"""Prompts of a task's evaluation."""


def evaluation(tasks: tuple[str, ...], step: int, progress: float, text: str | None = None) -> dict[str, Any]:
    """Data of an evaluation event; ``text`` stands in for every text a model or user wrote."""
    return {
        "step": step,
        "tasks": {
            task: {
                "satisfied": 0.45 + 0.04 * (at % 5) + 0.25 * progress,
                "reward": 0.2 + 0.8 * progress,
                "kl": 2.4 * progress,
                "tokens": 18.0 + 2 * progress,
                "prompts": EVALUATED,
                "judges": dict.fromkeys(JUDGES.get(task, ["length"]), 0.5 + 0.3 * progress),
                "asked": dict.fromkeys(JUDGES.get(task, ["length"]), EVALUATED // 2),
                "samples": [
                    {
                        "prompt": text or f"{task}: what is {number + 4} + {number + 7}?",
                        "response": text
                        or (f"The answer is {2 * number + 11}." if progress else "I think 4? Who knows!"),
                        "satisfied": None if number == 2 else bool(progress),
                        "reward": None if number == 2 else progress - 0.3,
                        "verdicts": dict.fromkeys(JUDGES.get(task, ["length"]), text or ("" if progress else "wrong")),
                    }
                    for number in range(3)
                ],
            }
            for at, task in enumerate(tasks)
        },
    }


def step_data(tasks: tuple[str, ...], step: int, steps: int, rng: random.Random) -> dict[str, Any]:
    """Data of a step event, numbered from 0."""
    progress = 1 - math.exp(-3 * (step + 1) / steps)
    seconds = {phase: value * rng.uniform(0.7, 1.4) for phase, value in SECONDS.items()}
    metrics = {}
    for at, task in enumerate(tasks):
        satisfied = min(max(0.45 + 0.04 * (at % 5) + 0.25 * progress + rng.gauss(0, 0.03), 0), 1)
        metrics[task] = {
            "satisfied": satisfied,
            "abstained": 0.02 if task == "code" else 0.0,
            "truncated": max(rng.gauss(0.05, 0.02), 0),
            "reward": 0.2 + 0.8 * progress + rng.gauss(0, 0.1),
            "calibrated": None if METHODS.get(task) == "codpo" else 0.5 + 0.15 * progress,
            "kl": 2.4 * progress + rng.gauss(0, 0.1),
            "tokens": 18 + 2 * progress + rng.gauss(0, 0.5),
            "prompts": 16,
            "examples": 64,
            "judges": {judge: min(satisfied + 0.05, 1) for judge in JUDGES.get(task, ["length"])},
            "asked": dict.fromkeys(JUDGES.get(task, ["length"]), 16),
            "skips": {"no_satisfied": rng.randrange(3), "timeout": 1} if task == "code" else {},
        }
    total = sum(seconds.values())
    return {
        "step": step,
        "steps": steps,
        "version": step + 1,
        "staleness": 0,
        "tasks": metrics,
        "train": {
            "loss": 0.1 - 0.05 * progress, "grad_norm": 1.3, "learning_rate": 1e-4,
            "logprob_gap_max": 3e-6, "logprob_gap_mean": 4e-7, "padding": 0.04,
        },
        "seconds": seconds,
        "step_s": total,
        "tokens": 5_800,
        "tokens_per_s": 5_800 / total,
    }  # fmt: skip


def event_stream(
    *,
    steps: int = 60,
    tasks: tuple[str, ...] = TASKS,
    evaluate: bool = True,
    text: str | None = None,
    end: dict[str, Any] | None = None,
    seed: int = 0,
) -> Iterator[Event]:
    """A whole run. ``text`` replaces what models, judges and users wrote."""
    rng = random.Random(seed)
    seq, now = 0, 1_790_000_000.0

    def event(kind: Any, data: dict[str, Any], seconds: float = 1.0) -> Event:
        nonlocal seq, now
        seq, now = seq + 1, now + seconds
        return Event(seq=seq, time=now, kind=kind, data=data)

    yield event("status", {"phase": "start", "detail": text or "placing 5 actors"})
    yield event("plan", plan(tasks, steps))
    if evaluate:
        yield event("evaluation", evaluation(tasks, 0, 0.0, text))
    for step in range(steps):
        yield event("status", {"phase": "generate", "detail": text or f"{64 * len(tasks)} responses"}, 0.1)
        yield event("step", step_data(tasks, step, steps, rng), 0.8)
        if (step + 1) % 20 == 0:
            yield event("checkpoint", {"step": step + 1, "path": f"runs/tiny/checkpoints/step-{step + 1}"})
        if step == steps // 2:
            yield event("warning", {"message": text or "code: 3 of 64 judge calls ran into their deadline of 5 s"})
    if evaluate:
        yield event("evaluation", evaluation(tasks, steps, 1.0, text))
    done = {"state": "succeeded", "message": text or "", "model": "runs/tiny/model", "report": "runs/tiny/report.html"}
    yield event("end", end or done)


def failed_at_start(message: str = "rollout/0 could not load 'tiny/policy'") -> list[Event]:
    """A run that fails before its first step."""
    end = {"state": "failed", "message": message, "model": None, "report": None}
    kinds: list[tuple[Any, dict[str, Any]]] = [
        ("status", {"phase": "start", "detail": "placing 5 actors"}),
        ("end", end),
    ]
    return [
        Event(seq=at, time=1_790_000_000.0 + at, kind=kind, data=data) for at, (kind, data) in enumerate(kinds, start=1)
    ]


def full_of_holes(steps: int = 8) -> Iterator[Event]:
    """Metrics that are NaN, infinite, null or absent; a task that only some events know."""
    for event in event_stream(steps=steps, tasks=("chat", "math")):
        if event.kind == "step":
            event.data["tasks"]["math"] = {
                "satisfied": math.nan,
                "kl": math.inf,
                "reward": None,
                "judges": {"answer": None},
            }
            event.data["train"]["loss"] = math.nan
            if event.data["step"] % 2:
                event.data["tasks"]["late"] = {"satisfied": 1.0}
                event.data["seconds"] = {}
        yield event
