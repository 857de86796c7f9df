"""Memory of those who score and judge: the reference, reward models, rule judges."""

from collections.abc import Sequence

from raylign.plan.memory import activations
from raylign.plan.memory.activations import Batch
from raylign.plan.memory.terms import MIB, Device, Model, Terms, largest, process, width_of
from raylign.plan.model_files import ModelInfo
from raylign.spec.job import Job

PROCESS = 530 * MIB
"""torch, transformers, Ray."""
JUDGE, CHILD = 165 * MIB, 26 * MIB
"""A judge actor with the server that forks its children, and what each child adds: its part of what they share, too."""
ENDPOINT = 120 * MIB
"""An actor that calls a service, and the answers that it keeps."""
REWARD_WIDTH = 4
"""Rewards are made in float32."""


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


def reward(infos: Sequence[ModelInfo], batches: Sequence[Batch], *, device: Device) -> Terms:
    """All reward models. ``batches``: one prompt's responses, of every task."""
    models = [Model(info=info, width=REWARD_WIDTH) for info in infos]
    passes: list[Terms] = [
        {"activations": activations.passing(model.sizes, batch, width=REWARD_WIDTH)}
        for model in models
        for batch in batches
    ]
    return _holding(models, passes, device)


def judge(job: Job) -> Terms:
    """An actor of rule judges. Programs under test come on top, each below the limit of its judge."""
    return {"process": JUDGE, "children": job.judging.processes * CHILD}


def _holding(models: Sequence[Model], passes: Sequence[Terms], device: Device) -> Terms:
    """Models at work, or the last of them loading: its files go back to the system once they are read."""
    loading: Terms = {"loading": max(model.reading for model in models) if device == "cpu" else 0}
    held: Terms = {"weights": sum(model.weights for model in models)}
    return process(PROCESS, device) | held | largest([*passes, loading])
