"""Prompts of all tasks in the policy's tokens. Imports torch, as every tokenizer of transformers does."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from actors.loading import load_config, load_tokenizer, stop_tokens
from actors.text.golden import encoder
from raylign.plan.model_files import inspect_model
from raylign.plan.vocabulary import check_same_tokens
from raylign.sources.canaries import Canary, read_canaries
from raylign.sources.prompts import Encode, World, render
from raylign.sources.rows import rows
from raylign.spec.job import Job
from raylign.types import Prompt


def read_world(job: Job) -> tuple[World, Encode]:
    """Prompts of all tasks, and how to encode a golden response. Raises `SpecError`."""
    tokenizer: Any = load_tokenizer(job.policy.model)
    _check_reference(job, tokenizer)
    context = _context(job)
    prompts: dict[str, list[Prompt]] = {}
    eval_prompts: dict[str, list[Prompt]] = {}
    for task in job.tasks:
        room = context - job.longest_response(task)
        given = (row for _, row in rows(task.prompts, need_baseline=task.baseline_source == "data"))
        read = partial(
            render,
            task.name,
            tokenizer=tokenizer,
            max_prompt_tokens=room,
            system=task.system,
            arguments=task.chat_template_kwargs,
        )
        prompts[task.name] = read(given)
        eval_prompts[task.name] = prompts[task.name]
        if task.eval_prompts is not None:
            given = (row for _, row in rows(task.eval_prompts))
            eval_prompts[task.name] = read(given)
    arguments = {task.name: task.chat_template_kwargs for task in job.tasks}
    stops = stop_tokens(job.policy.model, tokenizer)
    canaries = _canaries(job, tokenizer, stops)
    encode = encoder(job.policy.model, tokenizer, stops, arguments)
    return World(prompts=prompts, eval_prompts=eval_prompts, canaries=canaries), encode


def _canaries(job: Job, tokenizer: Any, stops: Sequence[int]) -> dict[tuple[str, str], list[Canary]]:
    def encode(text: str) -> tuple[int, ...]:
        """Ended as a response is, for whoever counts its tokens."""
        return (*tokenizer.encode(text, add_special_tokens=False), *stops[:1])

    return {
        (task.name, judge.label): list(read_canaries(task, judge, encode))
        for task in job.tasks
        for judge in task.judges
        if judge.canaries
    }


def _check_reference(job: Job, tokenizer: Any) -> None:
    """The reference must mean the same by every token. Here also for models that no directory told of before."""
    if job.reference is None:
        return
    others = load_tokenizer(job.reference.model).get_vocab()
    check_same_tokens(job.policy.model, tokenizer.get_vocab(), job.reference.model, others)


def _context(job: Job) -> int:
    """Tokens that prompt and response may have together."""
    info = inspect_model(job.policy.model)
    own = info.max_position if info else getattr(load_config(job.policy.model), "max_position_embeddings", None)
    asked = job.rollout.context_tokens
    return min(value for value in (own, asked, 1 << 20) if value is not None)
