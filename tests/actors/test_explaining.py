"""Explanations, sampled and scored by whoever runs the jobs: which jobs, and what becomes of their answers."""

import argparse
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import make_completion, make_prompt
from loop_job import make_job

from actors.explaining import explained, options
from raylign.errors import SpecError
from raylign.loop.evaluate import Evaluated
from raylign.types import Group, Sample


def answers(prompt, *texts):
    made = [make_completion(prompt, at, text=text) for at, text in enumerate(texts)]
    return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=(), reward=1.0) for one in made))


class Asked:
    """Answers "A" twice to every prompt; of two that are consulted about, the first alone fits."""

    def __init__(self, *gold):
        self.jobs = []
        self.prompts = [replace(make_prompt(number=at, answer=one), templated=True) for at, one in enumerate(gold)]

    async def __call__(self, jobs, job_id):
        ((name, job),) = jobs.items()
        self.jobs.append(job)
        groups = [answers(prompt, *["<choice>A</choice>"] * 2) for prompt in self.prompts]
        if name == "consultant":
            lines = Path(job.tasks[0].prompts.path).read_text().splitlines()[:1]
            told = [replace(self.prompts[0], messages=tuple(json.loads(line)["messages"])) for line in lines]
            groups = [answers(prompt, " it is plain ") for prompt in told]
        return {name: Evaluated(tasks={}, groups={"math": groups})}


async def run(tmp_path, asked, *more, job=None):
    parser = argparse.ArgumentParser()
    options(parser)
    words = ["--job", "j", "--out", "o", "--prompts", str(tmp_path / "p"), "--task", "math", "--samples", "2", *more]
    counts = Counter()
    return await explained(job or make_job(), parser.parse_args(words), counts, ask=asked), counts


async def test_a_consultant_is_asked_where_no_answer_is_right_and_by_nobody_judged(tmp_path):
    asked = Asked("A", "B", "B")
    rows, counts = await run(tmp_path, asked)
    assert [row["consultant"] for row in rows] == [None, "it is plain", None]
    assert counts == {"all right": 1, "none right": 2, "consultant's answers": 1}
    first, second = asked.jobs
    assert (first.evaluation.samples, first.tasks[0].reward.model, first.rollout.temperature) == (2, "org/rm", 1.0)
    assert (second.evaluation.samples, second.tasks[0].reward, second.tasks[0].judges) == (1, None, ())
    assert second.rollout.temperature == 0.5


async def test_where_all_is_right_nobody_else_is_asked(tmp_path):
    asked = Asked("A")
    rows, _ = await run(tmp_path, asked)
    assert (len(rows), len(asked.jobs)) == (1, 1)


async def test_what_cannot_be_scored_or_told_right_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"has its right choice in metadata.gold"):
        await run(tmp_path, Asked("A"), "--answer", "gold")
    with pytest.raises(SpecError, match="task 'talk' has no reward"):
        await run(tmp_path, Asked("A"), "--task", "talk")
