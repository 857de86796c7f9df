"""Pairs of a file within a budget: those that tell most, chosen before the first step and kept for the next attempt."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np

from raylign.acquisition.acquisition import WAYS, Acquisition
from raylign.acquisition.logged import Logged
from raylign.acquisition.logistic import Candidates
from raylign.errors import SpecError
from raylign.record.events.payloads import Status
from raylign.record.whole import write_whole
from raylign.sources.seeds import derive
from raylign.sources.source import Means
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.types import Group, Prompt
from raylign.workers import Reference


async def within_budget(job: Job, task: Task, means: Means, group: Callable[[Prompt], Group]) -> Sequence[Prompt]:
    """The task's prompts that are learned from: all, or those of the chosen pairs.

    ``group``: a prompt with its two responses, the better one first. Which are chosen is a function of the job, the
    file and the reference, and is read where an earlier attempt wrote it; beside it they stand as a file of pairs.
    Emits `Status` with what it cost. Raises `SpecError` where there are fewer pairs than the budget.
    """
    prompts, how = means.world.prompts[task.name], task.acquisition
    if how is None:
        return prompts
    kept = means.run.chosen_path(task.name).with_suffix(".json")
    if not kept.exists():
        begun = time.monotonic()
        means.emit(Status(phase="choosing pairs", detail=f"task {task.name!r}"))
        places, looked_at = await _choose(job, task, how, prompts, group, means.collector.fleet.reference)
        seconds = time.monotonic() - begun
        told = f"task {task.name!r}: {len(places):,} of {looked_at:,} pairs by {how.type}, in {seconds:.1f} s"
        means.emit(Status(phase="chose pairs", detail=told))
        document = {"type": how.type, "of": looked_at, "seconds": seconds, "places": places}
        shown = "".join(f"{json.dumps(_row(prompts[place]), ensure_ascii=False)}\n" for place in places)
        await asyncio.to_thread(write_whole, means.run.chosen_path(task.name), shown)
        await asyncio.to_thread(write_whole, kept, json.dumps(document))
    return [prompts[place] for place in await asyncio.to_thread(_places, kept)]


def _row(prompt: Prompt) -> dict[str, Any]:
    """Its pair as preference files have it, for people to read and label."""
    metadata = {name: value for name, value in prompt.metadata.items() if name != "rejected"}
    return {**metadata, **prompt.asked, "chosen": prompt.baseline, "rejected": prompt.metadata.get("rejected")}


def _places(kept: Path) -> list[int]:
    places: list[int] = json.loads(kept.read_text())["places"]
    return places


async def _choose(
    job: Job,
    task: Task,
    how: Acquisition,
    prompts: Sequence[Prompt],
    group: Callable[[Prompt], Group],
    reference: Reference,
) -> tuple[list[int], int]:
    """Where the chosen stand in the file, in its order, and how many were looked at."""
    rng = np.random.default_rng(derive(job.seed, "budget", task.name))
    drawn = sorted(int(at) for at in rng.choice(len(prompts), min(how.pool, len(prompts)), replace=False))
    place_of = {prompts[at].id: at for at in drawn}
    pairs = [one for one, _ in task.method.select([group(prompts[at]) for at in drawn]).chosen]
    if len(pairs) < how.budget:
        raise SpecError(
            f"task {task.name!r}: `select` has a budget of {how.budget:,} pairs, and of {len(drawn):,} rows looked at "
            f"{len(pairs):,} hold one: lower `budget`, or raise `pool`"
        )
    logged = await _logged(job, how, pairs, reference)
    chosen = await asyncio.to_thread(resolve_name(WAYS[how.type]), logged, how, rng)
    return sorted(place_of[pairs[index].prompt.id] for index in chosen), len(pairs)


async def _logged(job: Job, how: Acquisition, pairs: Sequence[Group], reference: Reference) -> Logged:
    """Features, biases and labels. Half of the pairs are turned, by seed: of labels that are all alike nothing is
    learned."""
    asked = [(one.prompt, sample.completion) for one in pairs for sample in one.samples]
    logprobs_N2 = np.array([sum(said) for said in await reference.score(asked)], dtype=np.float64).reshape(-1, 2)
    features_N2D = np.array(await reference.embed(asked), dtype=np.float64).reshape(len(pairs), 2, -1)
    labels_N = np.array([derive(job.seed, "turn", one.prompt.id) % 2 for one in pairs], dtype=np.float64)
    sign_N = 2 * labels_N - 1
    candidates = Candidates(
        features_ND=sign_N[:, None] * (features_N2D[:, 0] - features_N2D[:, 1]),
        bias_N=sign_N * (logprobs_N2[:, 0] - logprobs_N2[:, 1]),
    )
    scaled = candidates.scaled(beta=how.beta, most=how.largest_bias)
    return Logged(candidates=scaled, labels_N=labels_N, surprise_N=-logprobs_N2.mean(1))
