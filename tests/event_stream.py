"""Event streams as real runs make them, and as bad days make them."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace

from raylign.record.events import Event
from raylign.record.events.payloads import (
    CheckpointSaved,
    EvaluationDone,
    Payload,
    PlanMade,
    Pushed,
    RunEnded,
    SamplesShown,
    StageBegun,
    Status,
    StepDone,
    Tracked,
    Trained,
    Warned,
    of_stage,
)
from raylign.record.events.planned import PlannedActor, PlannedTask
from raylign.record.events.tasks import CanaryFigures, JudgeFigures, ShownSample, TaskEvaluation, TaskStep

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
BEGUN = 1_790_000_000.0


def plan(tasks: tuple[str, ...], steps: int) -> PlanMade:
    return PlanMade(
        job="tiny-cgpo",
        steps=steps,
        device="cpu",
        tasks=tuple(
            PlannedTask(
                name=task,
                method=METHODS.get(task, "crpg"),
                judges=tuple(JUDGES.get(task, ["length"])),
                reward="helpfulness",
                prompts_per_step=16,
                samples_per_prompt=4,
                samples=64,
                weight=1.0,
                kl_max=KL_MAX.get(task, 5.0),
            )
            for task in tasks
        ),
        actors=(
            actor("policy/0", "tiny/policy"),
            actor("rollout/0", "tiny/policy"),
            actor("reward/0", "tiny/helpfulness", memory_bytes=None),
            actor("judge/0", ""),
        ),
        samples_per_step=64 * len(tasks),
        tokens_per_step=6_000,
        microbatches_per_step=3,
        checkpoint_bytes=2**31,
        max_staleness=0,
        job_id="job_1",
        dashboard="http://127.0.0.1:8265",
        run_dir="runs/tiny",
        stage="",
    )


EVALUATED = 100
"""Prompts of a task's evaluation."""
FIGURES = JudgeFigures(satisfied=48, violated=14, abstained={"timeout": 2}, spared=0, mean_s=0.0125, p95_s=0.25)
UNKNOWN = dict.fromkeys(("satisfied", "abstained", "truncated", "reward", "kl", "tokens", "prompts"))


def actor(name: str, model: str, *, memory_bytes: float | None = 1.5 * 2**30) -> PlannedActor:
    return PlannedActor(name=name, cpus=0.25, gpus=0.0, threads=2, model=model, memory_bytes=memory_bytes)


def evaluated(**measured: object) -> TaskEvaluation:
    """A task's evaluation, of which only what is said is known."""
    return TaskEvaluation(
        **{
            **UNKNOWN,
            "rewards": {},
            "judges": {},
            "asked": {},
            "verdicts": {},
            "pass_at": {},
            "samples": (),
            "held_out": {},
            **measured,
        }
    )


def stepped(**measured: object) -> TaskStep:
    """A task's part of a step, of which only what is said is known."""
    return TaskStep(
        **{
            **UNKNOWN,
            "rewards": {},
            "judges": {},
            "asked": {},
            "verdicts": {},
            "calibrated": None,
            "examples": 64,
            "skips": {},
            "canaries": {},
            **measured,
        }
    )


def evaluation(tasks: tuple[str, ...], step: int, progress: float, text: str | None = None) -> EvaluationDone:
    """``text`` stands in for every text a model or user wrote."""
    return EvaluationDone(
        step=step,
        tasks={
            task: TaskEvaluation(
                satisfied=0.45 + 0.04 * (at % 5) + 0.25 * progress,
                abstained=0.0,
                truncated=0.05,
                reward=0.2 + 0.8 * progress,
                rewards={"helpfulness": 0.4 + 0.8 * progress, "length": -0.4} if task == "chat" else {},
                kl=2.4 * progress,
                tokens=18.0 + 2 * progress,
                prompts=EVALUATED,
                judges=dict.fromkeys(JUDGES.get(task, ["length"]), 0.5 + 0.3 * progress),
                asked=dict.fromkeys(JUDGES.get(task, ["length"]), EVALUATED // 2),
                verdicts={},
                pass_at={"8": 0.5 + 0.4 * progress},
                samples=tuple(sample(task, number, progress, text) for number in range(3)),
                held_out={"loss": 2.0 - progress},
            )
            for at, task in enumerate(tasks)
        },
    )


def sample(task: str, number: int, progress: float, text: str | None) -> ShownSample:
    answer = f"The answer is {2 * number + 11}." if progress else "I think 4? Who knows!"
    return ShownSample(
        prompt=text or f"{task}: what is {number + 4} + {number + 7}?",
        response=text or answer,
        satisfied=None if number == 2 else bool(progress),
        reward=None if number == 2 else progress - 0.3,
        verdicts=dict.fromkeys(JUDGES.get(task, ["length"]), text or ("" if progress else "wrong")),
        rewards={"helpfulness": "0.5", "length": text or "too long"} if task == "chat" else {},
        rulings=dict.fromkeys(JUDGES.get(task, ["length"]), None if number == 2 else bool(progress)),
    )


def step_done(tasks: tuple[str, ...], step: int, steps: int, rng: random.Random) -> StepDone:
    """A step, numbered from 0."""
    progress = 1 - math.exp(-3 * (step + 1) / steps)
    seconds = {phase: value * rng.uniform(0.7, 1.4) for phase, value in SECONDS.items()}
    total = sum(seconds.values())
    return StepDone(
        step=step,
        steps=steps,
        version=step + 1,
        staleness=0,
        tasks={task: task_step(task, at, progress, rng) for at, task in enumerate(tasks)},
        train=Trained(
            loss=0.1 - 0.05 * progress,
            grad_norm=1.3,
            learning_rate=1e-4,
            logprob_gap_max=3e-6,
            logprob_gap_mean=4e-7,
            padding=0.04,
            grad_norm_by_task=dict.fromkeys(tasks, 0.4 + 0.1 * progress),
            loss_metrics={task: {"clip_share": 0.1 * progress} for task in tasks},
        ),
        seconds=seconds,
        step_s=total,
        tokens=5_800,
        tokens_per_s=5_800 / total,
    )


def task_step(task: str, at: int, progress: float, rng: random.Random) -> TaskStep:
    satisfied = min(max(0.45 + 0.04 * (at % 5) + 0.25 * progress + rng.gauss(0, 0.03), 0), 1)
    return TaskStep(
        satisfied=satisfied,
        abstained=0.02 if task == "code" else 0.0,
        truncated=max(rng.gauss(0.05, 0.02), 0),
        reward=0.2 + 0.8 * progress + rng.gauss(0, 0.1),
        rewards={"helpfulness": 0.4 + 0.8 * progress, "length": -0.4} if task == "chat" else {},
        calibrated=None if METHODS.get(task) == "codpo" else 0.5 + 0.15 * progress,
        kl=2.4 * progress + rng.gauss(0, 0.1),
        tokens=18 + 2 * progress + rng.gauss(0, 0.5),
        prompts=16,
        examples=64,
        judges={judge: min(satisfied + 0.05, 1) for judge in JUDGES.get(task, ["length"])},
        asked=dict.fromkeys(JUDGES.get(task, ["length"]), 16),
        verdicts=dict.fromkeys(JUDGES.get(task, ["length"]), FIGURES),
        canaries={"answer": CanaryFigures(asked=4, agreement=0.75)} if task == "math" else {},
        method={"multiplier/answer": 1 + progress} if task == "math" else {},
        skips={"no_satisfied": rng.randrange(3), "timeout": 1} if task == "code" else {},
    )


def event_stream(
    *,
    steps: int = 60,
    tasks: tuple[str, ...] = TASKS,
    evaluate: bool = True,
    text: str | None = None,
    end: RunEnded | None = None,
    seed: int = 0,
) -> Iterator[Event]:
    """A whole run. ``text`` replaces what models, judges and users wrote."""
    rng = random.Random(seed)
    seq, now = 0, BEGUN

    def event(said: Payload, seconds: float = 1.0) -> Event:
        nonlocal seq, now
        seq, now = seq + 1, now + seconds
        return Event.of(said, seq=seq, time=now)

    yield event(Status(phase="start", detail=text or "placing 5 actors"))
    yield event(plan(tasks, steps))
    yield event(Tracked(tracker="wandb", link=text or "wandb sync runs/tiny/wandb/offline-run-1"), 0.0)
    if evaluate:
        yield event(evaluation(tasks, 0, 0.0, text))
    for step in range(steps):
        yield event(Status(phase="generate", detail=text or f"{64 * len(tasks)} responses"), 0.1)
        yield event(step_done(tasks, step, steps, rng), 0.8)
        if step % 10 == 0:
            shown = {task: (sample(task, step, step / steps, text),) for task in tasks}
            yield event(SamplesShown(step=step, tasks=shown), 0.0)
        if (step + 1) % 20 == 0:
            yield event(CheckpointSaved(step=step + 1, path=f"runs/tiny/checkpoints/step-{step + 1}", seconds=0.4))
        if step == steps // 2:
            yield event(Warned(message=text or "code: 3 of 64 judge calls ran into their deadline of 5 s"))
    if evaluate:
        yield event(evaluation(tasks, steps, 1.0, text))
    yield event(Pushed(address=text or "the hub's org/name"), 0.0)
    done = RunEnded(state="succeeded", message=text or "", model="runs/tiny/model", report="runs/tiny/report.html")
    yield event(end or done)


STAGES = ("sft", "reward", "align")


def recipe_stream(*, steps: int = 4, open_from: int | None = None) -> Iterator[Event]:
    """A recipe of `STAGES`, each with the events of a whole run. ``open_from``: left in the middle of that one."""
    said: list[Payload] = [Status(phase="planning", detail="3 stages of chain")]
    for number, stage in enumerate(STAGES):
        said.append(StageBegun(recipe="chain", stage=stage, job="align", number=number + 1, stages=len(STAGES)))
        told = [of_stage(event.said, stage) for event in event_stream(steps=steps, seed=number)][:-1]
        said += told[: len(told) // 2] if number == open_from else told
        if number == open_from:
            break
    else:
        said.append(RunEnded(state="succeeded", message="3 stages", model="runs/chain/model", report=None))
    yield from (Event.of(one, seq=seq, time=BEGUN + seq) for seq, one in enumerate(said, 1))


def failed_at_start(message: str = "rollout/0 could not load 'tiny/policy'") -> list[Event]:
    """A run that fails before its first step."""
    said = (
        Status(phase="start", detail="placing 5 actors"),
        RunEnded(state="failed", message=message, model=None, report=None),
    )
    return [Event.of(one, seq=at, time=BEGUN + at) for at, one in enumerate(said, start=1)]


def full_of_holes(steps: int = 8) -> Iterator[Event]:
    """Metrics that are NaN, infinite, null or absent; a task that only some events know."""
    for event in event_stream(steps=steps, tasks=("chat", "math")):
        match event.said:
            case StepDone(step=step, tasks=tasks, train=Trained() as train) as done:
                holes = stepped(satisfied=math.nan, kl=math.inf, judges={"answer": None})
                late = {"late": stepped(satisfied=1.0)} if step % 2 else {}
                said = replace(
                    done,
                    tasks={**tasks, "math": holes, **late},
                    train=replace(train, loss=math.nan),
                    seconds={} if step % 2 else done.seconds,
                )
                yield Event.of(said, seq=event.seq, time=event.time)
            case _:
                yield event
