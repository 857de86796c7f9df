"""What is made once for every prompt, before training starts: its baseline response ``a_bar`` (CGPO, section 3.1), made
or read, and its pool, samples of the reference whose rewards tell how far these spread (VCB).

They are made in chunks, each kept as soon as it is there: a run that dies among them goes on after the last one.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from raylign.clock import Clock
from raylign.record.events import Emit
from raylign.record.events.payloads import Status
from raylign.record.samples import SampleFile
from raylign.sources.collect import Collector
from raylign.sources.draw import draw, requests
from raylign.sources.prompts import Encode
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.types import Completion, Prompt, Sample

DATA_CHUNK = 64
"""Golden responses that one call to one worker rewards."""
REPORT_S = 2.0
"""Seconds between two words on how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Prompts of one task whose baselines, or whose pools, are made together."""

    task: Task
    places: Sequence[int]
    """Where they stand among the task's."""
    pool: int = 0
    """Samples of each prompt's pool; 0: it is their baselines that are made."""

    def keys(self, prompt: Prompt) -> list[str]:
        """What is kept of a prompt, by name."""
        return pool_keys(prompt.id, self.pool) if self.pool else [prompt.id]


def pool_keys(prompt_id: str, size: int) -> list[str]:
    """The names under which the samples of a prompt's pool are kept, beside its baseline under its id."""
    return [f"{prompt_id}#{index}" for index in range(size)]


async def baselines(
    job: Job,
    prompts: Mapping[str, Sequence[Prompt]],
    collector: Collector,
    encode: Encode,
    kept: SampleFile,
    emit: Emit,
) -> None:
    """See to it that ``kept`` holds ``a_bar`` and the pool, judged and rewarded, of every prompt the run will draw.

    What it holds already stays. The rollout workers must hold the reference's weights: ``baseline: reference`` is one
    sample of it, a pool some more. Emits `Status` with counts.
    """
    chunks = await asyncio.to_thread(_chunks, job, prompts)
    total = sum(len(chunk.places) * max(1, chunk.pool) for chunk in chunks)
    queue = iter(chunks)
    one_writes = asyncio.Lock()
    said = -REPORT_S

    def report() -> None:
        nonlocal said
        if time.monotonic() - said > REPORT_S or len(kept) == total:
            said = time.monotonic()
            emit(Status(phase="baselines", detail=f"{len(kept):,} of {total:,}"))

    async def work() -> None:
        for chunk in queue:
            wanted = [prompts[chunk.task.name][place] for place in chunk.places]
            if all(key in kept for prompt in wanted for key in chunk.keys(prompt)):
                continue
            made = await _make(job, chunk, wanted, collector, encode)
            async with one_writes:
                # Of a chunk torn by the end of an earlier process, what was kept is what was made again.
                fresh = {key: sample for key, sample in made.items() if key not in kept}
                await asyncio.to_thread(kept.append, fresh)
            report()

    if len(kept) < total:
        report()
    try:
        async with asyncio.TaskGroup() as makers:
            # One more than there are workers: while one of the reference's chunks is rewarded, the next is sampled.
            for _ in range(1 + max(job.judging.workers, job.judging.reward_workers)):
                makers.create_task(work())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None  # the first failure is the cause; the rest were cancelled by it


def _chunks(job: Job, prompts: Mapping[str, Sequence[Prompt]]) -> list[Chunk]:
    """A function of the job alone: an engine's last bits depend on what it computes together.

    The reference samples as many at once as a step has responses, so that a step's deadlines hold for it.
    """
    step_size = sum(task.prompts_per_step * task.samples_per_prompt for task in job.tasks)
    chunks = []
    for task in job.tasks:
        pool = task.method.needs.pool
        drawn = _drawn(job, task, len(prompts[task.name])) if task.baseline_source or pool else []
        if task.baseline_source is not None:
            size = step_size if task.baseline_source == "reference" else DATA_CHUNK
            chunks += [Chunk(task=task, places=drawn[at : at + size]) for at in range(0, len(drawn), size)]
        if pool:
            size = max(1, step_size // pool)
            chunks += [Chunk(task=task, places=drawn[at : at + size], pool=pool) for at in range(0, len(drawn), size)]
    return chunks


def _drawn(job: Job, task: Task, prompts: int) -> list[int]:
    """Where the distinct prompts of all steps stand, those of the first steps first."""
    drawn: dict[int, None] = {}
    for step in range(job.steps):
        if len(drawn) == prompts:
            break
        drawn |= dict.fromkeys(draw(task, range(prompts), seed=job.seed, step=step))
    return list(drawn)


async def _make(
    job: Job, chunk: Chunk, prompts: Sequence[Prompt], collector: Collector, encode: Encode
) -> dict[str, Sample]:
    if chunk.pool or chunk.task.baseline_source == "reference":
        return await _sampled(job, chunk, prompts, collector)
    return await _from_data(chunk.task, prompts, collector, encode)


async def _sampled(job: Job, chunk: Chunk, prompts: Sequence[Prompt], collector: Collector) -> dict[str, Sample]:
    task, purpose = chunk.task, "pool" if chunk.pool else "baseline"
    wanted = requests(job, task, prompts, purpose=purpose, samples=max(1, chunk.pool))
    judged = task.rewards_verdicts if chunk.pool else task.judges_baseline
    groups = await collector.collect(wanted, Clock(), annotate=False, judge=judged, spare=True)
    return {
        key: _of_reference(sample, sample.completion.index if chunk.pool else None)
        for group in groups
        for key, sample in zip(chunk.keys(group.prompt), group.samples, strict=True)
    }


def _of_reference(sample: Sample, index: int | None) -> Sample:
    """Not the policy's own: what it was sampled with corrects nothing, and is not kept."""
    return replace(sample, completion=replace(sample.completion, index=index, logprobs=(), version=None))


async def _from_data(task: Task, prompts: Sequence[Prompt], collector: Collector, encode: Encode) -> dict[str, Sample]:
    pairs = [(prompt, _golden(prompt, encode)) for prompt in prompts]
    said, verdicts = await asyncio.gather(
        collector.rate([(prompt, [completion]) for prompt, completion in pairs]),
        collector.judge(pairs, ask=task.judges_baseline),
    )
    return {
        prompt.id: collector.sample(prompt, completion, heard, values)
        for (prompt, completion), heard, (values,) in zip(pairs, verdicts, said, strict=True)
    }


def _golden(prompt: Prompt, encode: Encode) -> Completion:
    assert prompt.baseline is not None  # the prompts file was read with need_baseline
    return Completion(
        prompt_id=prompt.id,
        index=None,
        text=prompt.baseline,
        token_ids=encode(prompt),
        logprobs=(),
        finish="stop",
        version=None,
    )
