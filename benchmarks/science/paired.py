"""Training on a file of pairs, made of the responses that a source gave."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from raylign.clock import Clock
from raylign.sources.anchors import Draw, Pair, Scored, anchored, ranked
from raylign.sources.source import Source
from raylign.spec import Job
from raylign.types import Group, Sample

Choose = Callable[[list[Sample], Group], tuple[str, str] | None]
"""The better and the worse text of a prompt's rewarded responses; None where they make no pair."""


async def write_pairs(job: Job, source: Source, files: Path, choose: Choose) -> None:
    """Write ``TASK.jsonl`` for every task of ``job``: pairs of the prompts that ``source`` gives for all its steps."""
    rows: dict[str, list[dict[str, Any]]] = {task.name: [] for task in job.tasks}
    for step in range(job.steps):
        for group in await source.groups(step, Clock()):
            rows[group.prompt.task] += [row] if (row := pair_of(group, choose)) else []
    for name, mine in rows.items():
        (files / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in mine))


def pair_of(group: Group, choose: Choose) -> dict[str, Any] | None:
    """A row of a preference file; None where no response is better than another, or one of the two is empty."""
    texts = choose([sample for sample in group.samples if sample.reward is not None], group)
    if texts is None or not all(text.strip() for text in texts):  # an empty response is none to learn from
        return None
    messages = [dict(message) for message in group.prompt.messages]
    return {"messages": messages, "chosen": texts[0], "rejected": texts[1], "metadata": dict(group.prompt.metadata)}


def extremes(samples: list[Sample], group: Group) -> tuple[str, str] | None:
    """The highest reward and the lowest."""
    rated = [(sample.reward, sample.completion.text) for sample in samples]
    if not rated or (best := max(rated))[0] == (worst := min(rated))[0]:
        return None
    return best[1], worst[1]


def by(draw: Draw) -> Choose:
    """As anchors are drawn: a response is right where its judges are satisfied, its score is its reward, and the
    consultant's answer is the data's."""

    def choose(samples: list[Sample], group: Group) -> tuple[str, str] | None:
        scored = [
            Scored(text=one.completion.text, right=one.satisfied is True, score=one.reward)
            for one in samples
            if one.reward is not None
        ]
        pair = draw(scored, group.prompt.baseline, random.Random(group.prompt.id))
        return (pair.chosen, pair.rejected) if isinstance(pair, Pair) else None

    return choose


CHOOSERS: dict[str, Choose] = {"extremes": extremes, "anchored": by(anchored()), "rank": by(ranked)}
