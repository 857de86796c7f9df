"""Memory of those who score and judge: the reference, reward models, rule judges."""

from collections.abc import Sequence
from dataclasses import replace

from raylign.plan.memory import activations
from raylign.plan.memory.activations import Batch
from raylign.plan.memory.terms import MIB, WIDTHS, Device, Model, Terms, largest, process, width_of
from raylign.plan.model_files import ModelInfo
from raylign.rewards.raters import Head
from raylign.spec.job import Job

PROCESS = 530 * MIB
"""torch, transformers, Ray."""
JUDGE, CHILD = 165 * MIB, 26 * MIB
"""A judge actor with the server that forks its children, and what each child adds: its part of what they share, too."""
ENDPOINT = 120 * MIB
"""An actor that calls a service, and the answers that it keeps."""


def reference(job: Job, info: ModelInfo, batches: Sequence[Batch], *, device: Device) -> Terms:
    """The frozen model. ``batches``: its largest of every task."""
    model = Model(info=info, width=width_of(job))
    passes: list[Terms] = [
        {
            "activations": activations.passing(model.sizes, batch, width=model.width),
            "logits": activations.logits(model.sizes, batch, width=model.width, device=device, gradient=False),
        }
        for batch in batches
    ]
    return _holding([model], passes, device)


def reward(heads: Sequence[Head], infos: Sequence[ModelInfo], batches: Sequence[Batch], *, device: Device) -> Terms:
    """All reward models of an actor. ``batches``: one prompt's responses, of every task.

    One whose layers are spread over GPUs has its even part on each, and at its turn one batch's activations.
    """
    models = [Model(info=info, width=WIDTHS[head.dtype]) for head, info in zip(heads, infos, strict=True)]
    passes: list[Terms] = [
        {"activations": activations.passing(model.sizes, _within(batch, head.tokens_per_batch), width=model.width)}
        for head, model in zip(heads, models, strict=True)
        for batch in batches
    ]
    parts = [head.gpus if device == "cuda" else 1 for head in heads]
    return _holding(models, passes, device, parts=parts)


def _within(batch: Batch, budget: int | None) -> Batch:
    """As much of it as one forward pass takes: a row beyond the budget goes alone."""
    if budget is None:
        return batch
    return replace(batch, rows=min(batch.rows, max(1, budget // (batch.prompt + batch.response))))


def judge(job: Job) -> Terms:
    """An actor of rule judges. Programs under test come on top, each below the limit of its judge."""
    return {"process": JUDGE, "children": job.judging.processes * CHILD}


def _holding(models: Sequence[Model], passes: Sequence[Terms], device: Device, *, parts: Sequence[int] = (1,)) -> Terms:
    """Models at work, or the last of them loading: its files go back to the system once they are read.

    ``parts``: over how many GPUs each is spread.
    """
    loading: Terms = {"loading": max(model.reading for model in models) if device == "cpu" else 0}
    held: Terms = {"weights": sum(model.weights / many for model, many in zip(models, parts, strict=True))}
    return process(PROCESS, device) | held | largest([*passes, loading])
