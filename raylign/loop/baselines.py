"""Baseline responses ``a_bar`` (CGPO, section 3.1): one per prompt, made or read once, before training starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from raylign.loop.clock import Clock
from raylign.loop.collect import Collector
from raylign.loop.draw import draw, requests
from raylign.methods.selection import BASELINE_INDEX
from raylign.spec.job import Job
from raylign.spec.methods import CRRAFT
from raylign.spec.task import Task
from raylign.types import Completion, Prompt, Sample

Encode = Callable[[Prompt], tuple[int, ...]]
"""Token ids of a prompt's golden response in the policy's vocabulary, end included."""


async def baselines(
    job: Job, prompts: Mapping[str, Sequence[Prompt]], collector: Collector, encode: Encode
) -> dict[str, Sample]:
    """``a_bar`` by prompt id, judged and rewarded, for every prompt the run will draw.

    The rollout workers must hold the reference's weights: ``baseline: reference`` is one sample of it.
    """
    found: dict[str, Sample] = {}
    for task in job.tasks:
        needed = _drawn(job, task, prompts[task.name]) if task.baseline_source else []
        if task.baseline_source == "reference":
            found |= await _sampled(job, task, needed, collector)
        elif task.baseline_source == "data":
            found |= await _from_data(task, needed, collector, encode)
    return found


def _drawn(job: Job, task: Task, prompts: Sequence[Prompt]) -> list[Prompt]:
    """The distinct prompts of all steps, in the file's order."""
    drawn = {prompt.id for step in range(job.steps) for prompt in draw(task, prompts, seed=job.seed, step=step)}
    return [prompt for prompt in prompts if prompt.id in drawn]


async def _sampled(job: Job, task: Task, prompts: Sequence[Prompt], collector: Collector) -> dict[str, Sample]:
    wanted = requests(job, task, prompts, purpose="baseline", samples=1)
    # Only CRRAFT asks whether a_bar satisfies.
    groups = await collector.collect(wanted, Clock(), annotate=False, judge=isinstance(task.method, CRRAFT))
    return {
        group.prompt.id: replace(
            group.samples[0], completion=replace(group.samples[0].completion, index=BASELINE_INDEX)
        )
        for group in groups
    }


async def _from_data(task: Task, prompts: Sequence[Prompt], collector: Collector, encode: Encode) -> dict[str, Sample]:
    pairs = [(prompt, _golden(prompt, encode)) for prompt in prompts]
    judges = collector.fleet.judges
    rewards = await judges.reward([(prompt, [completion]) for prompt, completion in pairs]) if task.reward else None
    verdicts = await collector.judge(pairs) if task.judges and isinstance(task.method, CRRAFT) else None
    found = {}
    for position, (prompt, completion) in enumerate(pairs):
        value = rewards[position][0] if rewards else ""
        found[prompt.id] = Sample(
            completion=completion,
            verdicts=verdicts[position] if verdicts else (),
            reward=None if isinstance(value, str) else value,
            reward_problem=value if isinstance(value, str) else "",
        )
    return found


def _golden(prompt: Prompt, encode: Encode) -> Completion:
    assert prompt.baseline is not None  # the prompts file was read with need_baseline
    return Completion(
        prompt_id=prompt.id,
        index=BASELINE_INDEX,
        text=prompt.baseline,
        token_ids=encode(prompt),
        logprobs=(),
        finish="stop",
        version=-1,
    )
