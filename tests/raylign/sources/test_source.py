"""A kind of job and its source that nothing but this file knows: fixed pairs, which nobody samples and nobody judges.

It is read from a document, checked, planned and trained, with no edit elsewhere.
"""

import json
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import resumed_equals_uninterrupted, take
from pydantic import Field

from raylign.errors import SpecError
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Selection, Term
from raylign.objective import Objective
from raylign.plan.check import check_job
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan
from raylign.record.events.payloads import StepDone
from raylign.spec import Job, Task, parse_job
from raylign.spec.kinds import KINDS
from raylign.types import Completion, Group, Sample

ROOT = Path(__file__).parents[3]
PER_STEP = 2
TEXTS = [{"better": "b" * (2 + number % 3), "worse": "w" * (3 + number % 3)} for number in range(12)]
PROMPTS = {"talk": [make_prompt("talk", number, **texts) for number, texts in enumerate(TEXTS)]}


class Preferred(Method):
    """DPO on pairs whose better response comes first."""

    type: Literal["preferred"] = "preferred"

    @property
    def needs(self):
        return Needs(compares="two")

    @property
    def objective(self):
        return Objective(loss="raylign.losses.pairwise:DPO", settings={"beta": 0.1})

    def select(self, groups):
        return Selection(chosen=[(group, group.samples) for group in groups])

    def weigh(self, selection, scores):
        return Chosen(terms=[Term(group=group, samples=samples) for group, samples in selection.chosen])


class PairsTask(Task):
    """Its prompts file holds a better and a worse response to each prompt, as ``metadata``."""

    method: Preferred  # type: ignore[assignment]


class Pairs(Job):
    """A policy learns from pairs of a file."""

    kind: Literal["pairs"] = "pairs"
    tasks: tuple[PairsTask, ...] = Field(min_length=1, max_length=2)  # type: ignore[assignment]

    @property
    def source(self):
        return f"{__name__}:fixed_pairs"


@asynccontextmanager
async def fixed_pairs(job, means):
    source = FixedPairs(job, means)
    try:
        yield source
    finally:
        assert not source.open


class FixedPairs:
    """The next pairs of each task's file, in its order."""

    def __init__(self, job, means):
        self.job = job
        self.means = means
        self.open = True

    async def groups(self, step, clock):
        with clock.phase("draw"):
            return [
                self.pair(prompt)
                for task in self.job.tasks
                for prompt in self.means.world.prompts[task.name][step * PER_STEP : (step + 1) * PER_STEP]
            ]

    def held_out(self):
        return ()

    async def aclose(self):
        self.open = False

    def pair(self, prompt):
        texts = [prompt.metadata["better"], prompt.metadata["worse"]]
        responses = [self.response(prompt, index, text) for index, text in enumerate(texts)]
        return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=()) for one in responses))

    def response(self, prompt, index, text):
        return Completion(
            prompt_id=prompt.id,
            index=index,
            text=text,
            token_ids=self.means.encode(replace(prompt, baseline=text)),
            logprobs=(),
            finish="stop",
            version=None,
        )


class Nobody:
    """No worker stands behind this seam: asking for anything fails."""


def pairs_job(*, task=None, **settings):
    document = {
        "kind": "pairs",
        "name": "test",
        "steps": 6,
        "policy": {"model": "org/policy"},
        "tasks": [
            {
                "name": "talk", "prompts": {"path": "p"}, "prompts_per_step": PER_STEP, "samples_per_prompt": 2,
                "method": {"type": "preferred"}, **(task or {}),
            }
        ],
        "checkpoint": {"every": 2},
        "evaluation": {"prompts": 0},
        **settings,
    }  # fmt: skip
    return parse_job(document, kinds=(*KINDS, Pairs))


async def run(job, fleet, directory, **how):
    await take(job, fleet, directory, prompts=PROMPTS, encode=lambda prompt: tuple(map(ord, prompt.baseline)), **how)


def test_a_document_names_it():
    job = pairs_job()
    assert (type(job), job.kind) == (Pairs, "pairs")
    assert parse_job(json.loads(job.model_dump_json()), kinds=(*KINDS, Pairs)) == job
    with pytest.raises(SpecError, match=r"unknown key 'tasks\[0\].wieght'; did you mean 'weight'\?"):
        pairs_job(task={"wieght": 2.0})
    with pytest.raises(
        SpecError,
        match=r"did you mean 'pairs'\? Kinds: align, preferences, sft, rated, reward_model, pairs",
    ):
        pairs_job(kind="pears")


def test_it_is_checked_and_planned_without_those_whom_nobody_asks(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(f"{json.dumps({'prompt': 'Talk.', 'metadata': texts})}\n" for texts in TEXTS))
    asking = {"type": "llm", "model": "org/judge", "template": "{{ response }}?", "positive": "Y", "negative": "N"}
    judges = [{"type": "regex", "pattern": "."}, asking]
    task = {"prompts": {"path": str(path)}, "reward": {"model": "org/rm"}, "judges": judges}
    cluster = Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),))
    job = pairs_job(task=task)
    assert check_job(job).prompts == {"talk": len(TEXTS)}
    assert [actor.role for actor in make_plan(job, cluster).actors] == ["policy", "reference"]
    measured = pairs_job(task=task, evaluation={"prompts": 2})
    assert [actor.role for actor in make_plan(measured, cluster).actors] == [
        "policy", "reference", "rollout", "reward", "judge", "llm-judge",
    ]  # fmt: skip


async def test_pairs_are_trained_on_and_no_rollout_worker_or_judge_is_asked(tmp_path):
    fleet, events = FakeFleet(), []
    fleet.rollouts = fleet.judges = fleet.weights = Nobody()
    await run(pairs_job(steps=3), fleet, tmp_path, emit=events.append)
    assert fleet.calls == ["score", "step", "score", "step", "save", "score", "step", "save"]
    steps = [said for said in events if isinstance(said, StepDone)]
    assert [(step.version, step.staleness) for step in steps] == [(1, 0), (2, 0), (3, 0)]
    assert all(step.tasks["talk"].kl is None for step in steps)
    for number, batch in enumerate(fleet.trainer.batches):
        assert [example.staleness for example in batch] == [None] * PER_STEP
        better = sorted(len(example.sequences[0].response_ids) for example in batch)
        assert better == sorted(2 + at % 3 for at in range(number * PER_STEP, (number + 1) * PER_STEP))
        assert all(one.behavior == one.reference for example in batch for one in example.sequences)


async def test_resumed_equals_uninterrupted(tmp_path):
    await resumed_equals_uninterrupted(run, pairs_job(), FakeFleet, tmp_path, left_at=2)


async def test_where_the_evaluation_rolls_out_it_finds_the_present_weights(tmp_path):
    fleet = FakeFleet()
    await run(pairs_job(steps=2, evaluation={"prompts": 2}, checkpoint={"every": 9}), fleet, tmp_path)
    assert [call for call in fleet.calls if call in ("generate", "step", "publish")] == [
        "publish", "generate", "step", "publish", "step", "publish", "generate",
    ]  # fmt: skip
    assert fleet.rollouts.version == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_its_file_and_a_line_in_the_union(kind):
    name = re.compile(rf"\b(class|import) {kind.__name__}\b")
    files = {
        str(path.relative_to(ROOT))
        for house in ("raylign", "actors")
        for path in (ROOT / house).rglob("*.py")
        if name.search(path.read_text())
    }
    assert files == {f"{kind.__module__.replace('.', '/')}.py", "raylign/spec/kinds/__init__.py"}
