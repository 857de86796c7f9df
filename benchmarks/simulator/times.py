"""How long workers take: given, or fitted to what runs have said of their steps."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from math import log
from pathlib import Path
from statistics import fmean, median
from typing import Self

import numpy as np
from scipy.optimize import nnls

from raylign.record.events.payloads import StepDone
from raylign.record.rundir import RunDirectory
from raylign.spec import Job, parse_job

WARM = 2
"""Steps that a run's figures leave out: engines are slower at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds, each of one worker. Fixed parts first, then those that grow with the work."""

    decode_s: float = 0.02
    """Of a decoding step, whatever is decoded in it."""
    decode_token_s: float = 1e-4
    """More for each sequence in it: 10,000 tokens a second at most."""
    judge_row_s: float = 1e-3
    """A judge's or a reward's word on a response."""
    score_s: float = 0.01
    """Of a call to the reference."""
    score_token_s: float = 2e-5
    step_s: float = 0.1
    """Of an optimizer step."""
    step_token_s: float = 1e-4
    """For each token of a rank's share."""
    publish_s: float = 0.02
    """Of a rollout worker's update, its proof included."""
    export_mib_s: float = 2e-3
    """To gather, hash and hand over a MiB."""
    take_mib_s: float = 2e-3
    """To take it in."""

    # What is worked on, where no job says it.
    prompt_tokens: int = 64
    response_tokens: float = 128.0
    """Mean length; no response is longer than the job allows."""
    satisfied: float = 0.5
    """Share of responses that a judge calls so."""
    policy_mib: float = 513.0

    @classmethod
    def read(cls, document: dict[str, float]) -> Self:
        """Raises `ValueError` naming a key that there is not."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(document) - known):
            raise ValueError(f"times have no {unknown[0]!r}: they have {', '.join(sorted(known))}")
        return cls(**document)

    def written(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a real run was and took."""

    name: str
    job: Job
    steps: Sequence[StepDone]

    @classmethod
    def read(cls, directory: Path) -> Self:
        run = RunDirectory.open(directory)
        try:
            said = [event.said for event in run.events() if isinstance(event.said, StepDone)]
            return cls(name=directory.name, job=parse_job(run.job()), steps=said[WARM:])
        finally:
            run.close()

    @property
    def step_s(self) -> float:
        """Median."""
        return median(step.step_s or 0.0 for step in self.steps)

    def phase_s(self, phase: str) -> float:
        """Median."""
        return median(step.seconds.get(phase, 0.0) for step in self.steps)

    def work(self, step: StepDone, times: Times) -> "Work":
        """Of a step."""
        job = self.job
        counts = {task.name: step.tasks[task.name].prompts * task.samples_per_prompt for task in job.tasks}
        responses = sum(counts.values())
        mean = (step.tokens or 0) / responses
        longest = max(job.longest_response(task) for task in job.tasks)
        each = times.prompt_tokens + mean
        workers = job.rollout.workers
        return Work(
            rounds=min(float(longest), mean * (log(responses / workers) + 0.577)),
            sampled=(step.tokens or 0) / workers,
            scored=responses * each / (job.reference.replicas if job.reference else 1),
            trained=sum(task.examples for task in step.tasks.values()) * each / job.trainer.ranks,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Of one worker of each role in one step, in tokens; ``rounds``: decoding steps until the longest response ends,
    were lengths such as `lengths.quantile` has them."""

    rounds: float
    sampled: float
    scored: float
    trained: float


def fitted(runs: Sequence[Run], start: Times) -> Times:
    """``start`` with what these runs' steps say, by least squares without negative seconds. Runs of one size alone
    cannot tell what is fixed from what grows: give two. What a verdict takes is not in it: `simulate.judged`."""
    seen = [(step.seconds, run.work(step, start)) for run in runs for step in run.steps]

    def fit(phase: str, *of_work: Callable[[Work], float]) -> list[float]:
        table = np.array([[of(work) for of in of_work] for _, work in seen])
        took = np.array([seconds.get(phase, 0.0) for seconds, _ in seen])
        # In shares of what a step took: a large one's noise is not to drown a small one.
        scale = np.maximum(took, 1e-9)
        return [float(value) for value in nnls(table / scale[:, None], took / scale)[0]]

    def fixed(_: Work) -> float:
        return 1.0

    decode_s, decode_token_s = fit("generate", lambda work: work.rounds, lambda work: work.sampled)
    score_s, score_token_s = fit("score", fixed, lambda work: work.scored)
    step_s, step_token_s = fit("step", fixed, lambda work: work.trained)
    (publish_s,) = fit("publish", fixed)
    responses = [(step, task) for run in runs for step in run.steps for task in step.tasks.values()]
    return replace(
        start,
        decode_s=decode_s,
        decode_token_s=decode_token_s,
        score_s=score_s,
        score_token_s=score_token_s,
        step_s=step_s,
        step_token_s=step_token_s,
        publish_s=publish_s,
        export_mib_s=0.0,
        take_mib_s=0.0,
        response_tokens=fmean(task.tokens or 0.0 for _, task in responses),
        satisfied=fmean(task.satisfied or 0.0 for _, task in responses),
    )
