"""Prompts of all tasks in the policy's tokens. Imports torch, as every tokenizer of transformers does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from actors.text.golden import encoder, rating_encoder
from actors.text.rated import RatedText
from actors.tokenizers import load_tokenizer, longest_context, stop_tokens
from raylign.plan.vocabulary import check_same_tokens
from raylign.sources.canaries import Canary, read_canaries
from raylign.sources.deck import Deck, Outline, Stock
from raylign.sources.inventory import Kept, read_rows
from raylign.sources.prompts import Encode, World
from raylign.sources.render import Renderer
from raylign.spec.job import Job
from raylign.spec.prompts import Prompts
from raylign.spec.task import Task


def read_world(job: Job, kept: Mapping[str, Kept] | None = None) -> tuple[World, Encode]:
    """Prompts of all tasks, and how to encode a golden response; with its prompt, where the job trains what rates them.
    ``kept``: their rows, where these were read before.

    Raises `SpecError`.
    """
    tokenizer: Any = load_tokenizer(job.policy.model)
    _check_reference(job, tokenizer)
    context = longest_context(job.policy.model, job.rollout.context_tokens)
    prompts, eval_prompts, outlines = dict[str, Deck](), dict[str, Deck](), dict[str, Outline]()
    warnings: list[str] = []
    for task in job.tasks:
        renderer = Renderer(
            task=task.name,
            tokenizer=tokenizer,
            limit=context - job.longest_response(task),
            system=task.system,
            arguments=task.chat_template_kwargs,
        )
        rows = kept[task.name] if kept else read_rows(task, read_answers=job.evaluation.needs_answers)
        stock = Stock(task.prompts, rows.prompts, renderer)
        warnings += _left_out(task.prompts, renderer, stock)
        outlines[task.name] = stock.outline()
        prompts[task.name] = eval_prompts[task.name] = stock.deck()
        if task.eval_prompts is not None:
            measured = Stock(task.eval_prompts, rows.eval_prompts, renderer)
            warnings += _left_out(task.eval_prompts, renderer, measured)
            eval_prompts[task.name] = measured.deck()
        elif job.evaluation.happens and task.holdout:
            prompts[task.name], held = stock.held_out(task.holdout, least=task.prompts_per_step)
            eval_prompts[task.name] = held
            if not held:
                warnings.append(_unmeasured(task, stock))
    arguments = {task.name: task.chat_template_kwargs for task in job.tasks}
    stops = stop_tokens(job.policy.model, tokenizer)
    world = World(
        prompts=prompts,
        eval_prompts=eval_prompts,
        outlines=outlines,
        canaries=_canaries(job, tokenizer, stops),
        warnings=warnings,
    )
    if job.rates:
        return world, rating_encoder(RatedText(tokenizer))
    return world, encoder(job.policy.model, tokenizer, stops, arguments)


def _left_out(prompts: Prompts, renderer: Renderer, stock: Stock) -> Iterator[str]:
    if stock.dropped:
        yield (
            f"{stock.dropped:,} of the {stock.dropped + len(stock):,} prompts of task {renderer.task!r} in "
            f"{prompts.path!r} have more than {renderer.limit:,} tokens, which leaves no room for an answer, and are "
            "left out; `too_long: refuse` ends the run instead"
        )


def _unmeasured(task: Task, stock: Stock) -> str:
    return (
        f"task {task.name!r} is not measured: of its {len(stock)} prompts none can be held out with "
        f"{task.prompts_per_step} left for a step; name `eval_prompts`, or set `holdout: 0` to measure on those that "
        "it trains on"
    )


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
    if job.other_reference is None:
        return
    others = load_tokenizer(job.other_reference).get_vocab()
    check_same_tokens(job.policy.model, tokenizer.get_vocab(), job.other_reference, others)
