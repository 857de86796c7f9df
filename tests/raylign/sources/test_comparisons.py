"""Comparisons: read whole, split where they differ, trained on by the trainer alone, and resumed to the same bits."""

from dataclasses import replace

import pytest
from comparison_job import comparison_job
from fakes import FakeFleet, make_prompt
from loop_job import resumed_equals_uninterrupted, take

from raylign.errors import SpecError
from raylign.record.events.payloads import EvaluationDone, StepDone

TEXTS = [("b" * (2 + number % 3), "w" * (3 + number % 3)) for number in range(8)]


class Nobody:
    """No worker stands behind this seam: asking for anything fails."""


def lone_trainer():
    fleet = FakeFleet()
    fleet.rollouts = fleet.judges = fleet.weights = fleet.reference = Nobody()
    return fleet


def read(prompt):
    """As a conversation; what begins with a control token is not read."""
    return () if prompt.baseline.startswith("<") else tuple(map(ord, f"Q:{prompt.baseline}."))


async def run(job, fleet, directory, *, texts=TEXTS, **how):
    prompts = [
        replace(make_prompt("talk", number, rejected=worse), baseline=better)
        for number, (better, worse) in enumerate(texts)
    ]
    await take(job, fleet, directory, prompts={"talk": prompts}, encode=read, **how)


def spelled(sequence):
    return "".join(map(chr, sequence.prompt_ids)), "".join(map(chr, sequence.response_ids))


async def test_conversations_share_what_they_begin_with(tmp_path):
    fleet = lone_trainer()
    await run(comparison_job(steps=1), fleet, tmp_path, texts=[("good", "go"), ("yes", "no")])
    pairs = sorted([spelled(one) for one in example.sequences] for example in fleet.trainer.batches[0])
    assert pairs == [[("Q:", "yes."), ("Q:", "no.")], [("Q:go", "od."), ("Q:go", ".")]]


async def test_what_is_no_comparison_is_skipped_and_counted(tmp_path):
    texts = [("good", "bad"), ("same", "same"), ("good", " "), ("good", None), ("good", "<eos>"), ("good", "b" * 20)]
    said = []
    job = comparison_job(task={"prompts_per_step": 6}, steps=1, rollout={"max_tokens": 8}, evaluation={"rows": 0})
    fleet = lone_trainer()
    await run(job, fleet, tmp_path, texts=texts, emit=said.append)
    (step,) = [one for one in said if isinstance(one, StepDone)]
    assert step.tasks["talk"].skips == {
        "identical": 1, "empty response": 1, "no rejected response": 1, "unreadable": 1, "too long": 1
    }  # fmt: skip
    assert [spelled(one) for one in fleet.trainer.batches[0][0].sequences] == [("Q:", "good."), ("Q:", "bad.")]


async def test_what_begins_alike_for_longer_than_a_response_may_be_is_no_comparison(tmp_path):
    said = []
    texts = [("a" * 90 + "x", "a" * 90 + "y")] * 8
    job = comparison_job(rollout={"max_tokens": 8}, evaluation={"rows": 0})
    await run(job, lone_trainer(), tmp_path, texts=texts, emit=said.append)
    steps = [one for one in said if isinstance(one, StepDone)]
    assert [step.tasks["talk"].skips for step in steps] == [{"unreadable": 2}] * 4  # nothing of either is left


async def test_a_file_of_one_class_is_refused_before_the_first_step(tmp_path):
    fleet = lone_trainer()
    with pytest.raises(SpecError, match=r"task 'talk': 'p' holds answers and no rejected ones"):
        await run(comparison_job(), fleet, tmp_path, texts=[("good", None)] * 8)
    assert fleet.trainer.batches == []


async def test_held_out_comparisons_are_measured_before_and_after(tmp_path):
    said = []
    await run(comparison_job(evaluation={"rows": 3}), lone_trainer(), tmp_path, emit=said.append)
    found = [one for one in said if isinstance(one, EvaluationDone)]
    assert [one.step for one in found] == [0, 4]
    assert found[0].tasks["talk"].held_out.keys() == {"loss", "accuracy", "difference", "calibration"}


async def test_resumed_equals_uninterrupted(tmp_path):
    await resumed_equals_uninterrupted(run, comparison_job(), lone_trainer, tmp_path, left_at=2)
