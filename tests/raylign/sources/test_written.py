"""Demonstrations: drawn, trained on through the loop with nobody but the trainer, and resumed to the same bits."""

import math
from dataclasses import replace

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import resumed_equals_uninterrupted, take
from sft_job import sft_job

from raylign.record.events.payloads import EvaluationDone, StepDone

ANSWERS = ["a" * (2 + number % 4) for number in range(8)]


class Nobody:
    """No worker stands behind this seam: asking for anything fails."""


def lone_trainer():
    fleet = FakeFleet()
    fleet.rollouts = fleet.judges = fleet.weights = fleet.reference = Nobody()
    return fleet


async def run(job, fleet, directory, *, answers=ANSWERS, **how):
    prompts = [replace(make_prompt("talk", at), baseline=answer) for at, answer in enumerate(answers)]
    await take(
        job, fleet, directory, prompts={"talk": prompts}, encode=lambda one: tuple(map(ord, one.baseline)), **how
    )


async def test_an_epoch_takes_every_demonstration_once_and_every_token_alike(tmp_path):
    fleet = lone_trainer()
    await run(sft_job(), fleet, tmp_path)
    trained = [example for batch in fleet.trainer.batches for example in batch]
    assert sorted("".join(map(chr, example.sequences[0].response_ids)) for example in trained) == sorted(ANSWERS)
    for batch in fleet.trainer.batches:
        tokens = sum(len(example.sequences[0].response_ids) for example in batch)
        assert [example.weight for example in batch] == [pytest.approx(1 / tokens)] * len(batch)
    assert {(example.coefficient, example.staleness) for example in trained} == {(1.0, None)}
    assert {(one.reference, one.behavior) for example in trained for one in example.sequences} == {((), ())}


async def test_what_says_nothing_is_skipped_and_what_is_long_is_cut(tmp_path):
    fleet, said = lone_trainer(), []
    job = sft_job(task={"prompts_per_step": 3}, steps=1, rollout={"max_tokens": 3})
    await run(job, fleet, tmp_path, answers=["ab", " ", "abcdef"], emit=said.append)
    (step,) = [one for one in said if isinstance(one, StepDone)]
    assert step.tasks["talk"].skips == {"empty response": 1}
    assert step.tasks["talk"].truncated == pytest.approx(1 / 3)
    assert sorted(len(example.sequences[0].response_ids) for example in fleet.trainer.batches[0]) == [2, 3]


async def test_held_out_rows_are_measured_before_and_after_by_the_trainer_alone(tmp_path):
    fleet, said = lone_trainer(), []
    await run(sft_job(evaluation={"rows": 3}), fleet, tmp_path, emit=said.append)
    found = [(one.step, one.tasks["talk"].held_out) for one in said if isinstance(one, EvaluationDone)]
    assert [step for step, _ in found] == [0, 4]
    assert fleet.trainer.scored == [["aa", "aaa", "aaaa"]] * 2
    for _, figures in found:
        assert figures == {"loss": pytest.approx(0.97), "perplexity": pytest.approx(math.exp(0.97))}
    assert not [one for one in said if isinstance(one, EvaluationDone) and one.tasks["talk"].prompts]


async def test_nothing_is_measured_where_nothing_is_asked_for(tmp_path):
    fleet, said = lone_trainer(), []
    await run(sft_job(evaluation={"rows": 0}), fleet, tmp_path, emit=said.append)
    assert fleet.trainer.scored == []
    assert not [one for one in said if isinstance(one, EvaluationDone)]


async def test_resumed_equals_uninterrupted(tmp_path):
    await resumed_equals_uninterrupted(run, sft_job(), lone_trainer, tmp_path, left_at=2)
