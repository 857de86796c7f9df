"""The policy explains its choices: several answers to a prompt, scored, and a consultant's where none is right."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from actors.finished import measured
from raylign.errors import SpecError
from raylign.loop.evaluate import Evaluated
from raylign.record.whole import write_whole
from raylign.sources.explained import consulting, none_right, scored_rows
from raylign.spec import Job, load_job
from raylign.spec.kinds.measure import Measure, measure
from raylign.spec.recipe import one_job

Ask: TypeAlias = Callable[[Mapping[str, Measure], str], Awaitable[Mapping[str, Evaluated]]]


def options(parser: argparse.ArgumentParser) -> None:
    """Of ``python -m actors explain``."""
    parser.add_argument("--job", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--task")
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--answer", default="answer", help="the metadata that holds a prompt's right choice")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(command=_explain)


def _explain(told: argparse.Namespace) -> int:
    job = one_job(load_job(told.job), repr(str(told.job)))
    counts = Counter[str]()
    rows = asyncio.run(explained(job, told, counts))
    write_whole(told.out, "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
    if told.json:
        print(json.dumps({"file": str(told.out), "prompts": len(rows), "counts": dict(counts)}))
    else:
        print(f"{told.out}: {len(rows)} prompts: " + ", ".join(f"{what} {n}" for what, n in sorted(counts.items())))
    return 0


async def explained(
    job: Job, told: argparse.Namespace, counts: Counter[str], *, ask: Ask = measured
) -> list[dict[str, Any]]:
    """Rows that ``raylign pairs`` takes. ``ask``: who runs the jobs.

    Raises `SpecError` where the task has no reward, or no prompt its right choice.
    """
    asking = measure(job, job.policy.model, told.prompts, task=told.task, greedy=False, samples=told.samples)
    (task,) = asking.tasks
    if task.reward is None:
        raise SpecError(
            f"task {task.name!r} has no reward, which is to score its explanations: give it `reward: {{type: rubric, "
            "model: ..., rubric: explanation}`"
        )
    job_id = f"{job.name}-explain-{time.strftime('%Y%m%d-%H%M%S')}"
    found = await ask({"answers": asking}, job_id)
    rows = list(scored_rows(found["answers"].groups[task.name], told.answer, counts))
    if not rows:
        raise SpecError(
            f"no prompt of {str(told.prompts)!r} has its right choice in metadata.{told.answer}: name it by --answer"
        )
    wrong = [row for row in rows if none_right(row)]
    if wrong:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "consultant.jsonl"
            file.write_text("".join(f"{json.dumps(consulting(row))}\n" for row in wrong))
            consulted = await ask({"consultant": _consultant(asking, file)}, job_id)
        answers = {
            json.dumps(group.prompt.asked): group.samples[0].completion.text.strip()
            for group in consulted["consultant"].groups[task.name]
        }
        for row in wrong:  # a prompt that became too long has none
            row["consultant"] = answers.get(json.dumps(consulting(row))) or None
        counts["consultant's answers"] = sum(row["consultant"] is not None for row in wrong)
    print(f"{len(rows)} prompts, {len(wrong)} of them with no right answer", file=sys.stderr)
    return rows


def _consultant(asking: Measure, prompts: Path) -> Measure:
    """Asked once a prompt, at the paper's temperature, by nobody judged."""
    (task,) = asking.tasks
    alone: dict[str, Any] = {"prompts": {"path": str(prompts)}, "reward": None, "judges": [], "overlong": None}
    document = asking.model_dump(mode="json")
    return Measure.model_validate(
        {
            **document,
            "tasks": [{**task.model_dump(mode="json"), **alone}],
            "rollout": {**document["rollout"], "temperature": 0.5},
            "evaluation": {**document["evaluation"], "samples": 1},
        }
    )
