"""A run of the loop in simulated time: how long its steps take, who is busy, and what the loop itself costs."""

import asyncio
import resource
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from actors.fleet import assembled
from benchmarks.simulator.cluster import Ledger, members, start
from benchmarks.simulator.leaping import run
from benchmarks.simulator.times import Run, Times
from raylign.loop.loop import train
from raylign.loop.pause import Pause
from raylign.loop.stand import Stand
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import Payload, StepDone
from raylign.record.samples import SampleFile
from raylign.sources.baselines import baselines
from raylign.sources.collect import Collector
from raylign.sources.online import Online
from raylign.spec import Job
from raylign.types import Prompt

FIRST = 1
"""Steps left out of what is said: nobody is ahead of the first."""


class _NoCheckpoints(Checkpoints):
    """Trained is nothing, kept is nothing."""

    async def save(self, *_: object) -> Path:  # type: ignore[override]
        return Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """Of a step, medians."""

    step_s: float
    seconds: Mapping[str, float]
    """By phase, as a run says them."""
    used: Mapping[str, float]
    """By role, the share of its actors' time in which they work."""
    calls: Mapping[str, float]
    """To actors, by what they are asked."""
    mib: Mapping[str, float]
    """Through the driver, by what actors are asked."""
    own_s: float
    """Real CPU seconds of the loop: pools, calls, pickling; without Ray."""
    peak_mib: float
    """By which the process grew, workers' answers on their way included."""

    @property
    def bound(self) -> str:
        """Whom a step waits for most."""
        return max(self.used, key=lambda role: self.used[role])


def simulate(job: Job, times: Times, *, steps: int = 4) -> Predicted:
    """``steps`` of them; the evaluation, checkpoints and what is shown of samples are left out."""
    job = job.model_copy(
        update={
            "steps": steps,
            "evaluation": job.evaluation.model_copy(update={"prompts": 0}),
            "samples": job.samples.model_copy(update={"every": 0}),
        }
    )
    return run(_simulated(job, times))


async def _simulated(job: Job, times: Times) -> Predicted:
    ledger, said = Ledger(), list[StepDone]()
    marks = [_Mark.now(ledger)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fleet = members(job, times, ledger)
    await start(fleet)
    workers = assembled(job, fleet)
    prompts = {task.name: _prompts(task.name, task.prompts_per_step, times) for task in job.tasks}
    collector = Collector(workers, {task.name: task for task in job.tasks})

    def emit(payload: Payload) -> None:
        if isinstance(payload, StepDone):
            said.append(payload)
            marks.append(_Mark.now(ledger))

    with tempfile.TemporaryDirectory() as directory, SampleFile(Path(directory) / "baselines.jsonl") as made:
        await baselines(job, prompts, collector, lambda prompt: (1,) * 8, made, emit)
        await workers.weights.publish(0, verify_all=True)
        source = Online(job, prompts, collector, baselines=made)
        checkpoints = _NoCheckpoints(Path(directory))
        await train(
            job, source, collector, prompts, emit, Stand(checkpoints, workers.trainer, emit, Progress()), Pause()
        )
    first, last = marks[FIRST], marks[-1]
    turns = len(said) - FIRST
    passed = last.at - first.at
    return Predicted(
        step_s=median(step.step_s or 0.0 for step in said[FIRST:]),
        seconds={phase: median(step.seconds[phase] for step in said[FIRST:]) for phase in said[-1].seconds},
        used={
            role: (last.busy_s[role] - first.busy_s.get(role, 0.0)) / passed / len(crew)
            for role, crew in fleet.items()
            if crew and role in last.busy_s
        },
        calls={what: (count - first.calls.get(what, 0)) / turns for what, count in last.calls.items()},
        mib={what: (count - first.nbytes.get(what, 0)) / turns / 2**20 for what, count in last.nbytes.items()},
        own_s=(last.own_s - first.own_s) / turns,
        peak_mib=(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """What was counted by the end of a step."""

    at: float
    own_s: float
    busy_s: Mapping[str, float]
    calls: Mapping[str, int]
    nbytes: Mapping[str, int]

    @classmethod
    def now(cls, ledger: Ledger) -> "_Mark":
        return cls(
            at=asyncio.get_running_loop().time(),
            own_s=time.process_time() - ledger.aside_s,
            busy_s=dict(ledger.busy_s),
            calls=dict(ledger.calls),
            nbytes=dict(ledger.nbytes),
        )


def judged(runs: Sequence[Run], times: Times) -> Times:
    """``times`` with the seconds of a verdict by which simulated runs generate and judge as long as these did: how much
    of judging is hidden behind generation is the loop's doing, so the loop is asked."""

    def excess(row_s: float) -> float:
        tried = replace(times, judge_row_s=row_s)
        off = 0.0
        for one in runs:
            seen = simulate(one.job, tried, steps=2).seconds
            took = one.phase_s("generate") + one.phase_s("judge")
            off += (seen["generate"] + seen.get("judge", 0.0) - took) / took
        return off

    low, high = 0.0, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return replace(times, judge_row_s=low)


def _prompts(task: str, count: int, times: Times) -> list[Prompt]:
    text = "word" * times.prompt_tokens
    return [
        Prompt(
            task=task,
            id=f"{task}/{number}",
            text=text,
            question=text,
            messages=({"role": "user", "content": text},),
            token_ids=tuple((number * 31 + at) % 997 for at in range(times.prompt_tokens)),
            baseline="a response of the data",
        )
        for number in range(count)
    ]
