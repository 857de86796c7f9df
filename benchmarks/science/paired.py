"""Training on a file of pairs: each prompt's best and worst response by the reward, of those that a source gave."""

import json
from pathlib import Path
from typing import Any

from raylign.clock import Clock
from raylign.sources.source import Source
from raylign.spec import Job
from raylign.types import Group


async def write_pairs(job: Job, source: Source, files: Path) -> None:
    """Write ``TASK.jsonl`` for every task of ``job``: pairs of the prompts that ``source`` gives for all its steps."""
    rows: dict[str, list[dict[str, Any]]] = {task.name: [] for task in job.tasks}
    for step in range(job.steps):
        for group in await source.groups(step, Clock()):
            rows[group.prompt.task] += [row] if (row := pair_of(group)) else []
    for name, mine in rows.items():
        (files / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in mine))


def pair_of(group: Group) -> dict[str, Any] | None:
    """A row of a preference file; None where no response is better than another."""
    rated = [(sample.reward, sample.completion.text) for sample in group.samples if sample.reward is not None]
    if not rated or (best := max(rated))[0] == (worst := min(rated))[0]:
        return None
    messages = [dict(message) for message in group.prompt.messages]
    return {"messages": messages, "chosen": best[1], "rejected": worst[1], "metadata": dict(group.prompt.metadata)}
