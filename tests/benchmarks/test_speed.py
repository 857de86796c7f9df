"""The speed benchmarks on models so small that their figures mean nothing: they run, and compare like with like."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from event_stream import step_done
from transformers import AutoModelForCausalLM

from benchmarks import loop_cost, models, our_side, training, trl_step
from benchmarks.our_side import Timed
from raylign.record.events import Event
from raylign.record.events.payloads import Status, StepDone
from raylign.spec import parse_job


def step(step_s: float, **seconds: float) -> StepDone:
    return replace(step_done((), 0, 9, random.Random(0)), step_s=step_s, seconds=seconds)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.save_policy("tiny", tmp_path_factory.mktemp("policy"))


def test_a_model_never_ends_a_response(policy: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(policy)
    logprobs = model(torch.randint(2, 96, (8, 32))).logits.log_softmax(-1)
    assert logprobs[..., [models.PAD, models.EOS]].max() < -25  # a chance of 1e-11 a token
    assert logprobs[..., 2:].min() > -8


def test_prompts_read_as_the_tokens_they_were_made_of(tmp_path: Path) -> None:
    tokenizer = models.tokenizer("tiny")
    file = models.save_prompts("tiny", tmp_path / "prompts.jsonl", count=3, tokens=5)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [len(tokenizer(row["prompt"] + row["baseline"])["input_ids"]) for row in rows] == [10, 10, 10]
    assert tokenizer.decode([0, 7, 31, 1], skip_special_tokens=True) == "<7><31>"


@pytest.mark.parametrize("pair", trl_step.PAIRS)
def test_both_sides_are_asked_for_as_many_responses(pair: str) -> None:
    batch = trl_step.BATCHES[pair]
    document = our_side.job(pair, model=Path("m"), reward=Path("r"), prompts=Path("p"), batch=batch, steps=3)
    (task,) = parse_job(yaml.safe_load(yaml.safe_dump(document))).tasks
    assert task.prompts_per_step * task.samples_per_prompt == batch.prompts * batch.samples == 32


def test_a_training_step_and_its_bare_loop_descend_the_same_loss(policy: Path) -> None:
    row = training.compare("tiny", 1, policy.parent / "training")  # raises where the losses differ
    assert row["ratio"] == pytest.approx(row["ours"] / row["bare"])


def test_the_loop_s_cost_is_measured_over_many_workers() -> None:
    row = loop_cost.measure(prompts=8, samples=2, workers=4)
    assert (row["samples"], row["workers"]) == (16, 4)
    assert row["step_s"] > 0


def test_what_is_outside_the_models_work() -> None:
    steps = [step(10.0, generate=4.0, judge=0.2, score=1.0, step=4.0, publish=0.5)]
    assert our_side.outside(steps) == pytest.approx(0.1)
    assert our_side.phases(steps)["other"] == pytest.approx(0.3)


def test_seconds_until_a_phase_and_until_the_first_step() -> None:
    events = [
        Event.of(Status(phase="training"), seq=1, time=102.0),
        Event.of(step(3.0), seq=2, time=105.0),
    ]
    timed = Timed(steps=[step(3.0)], began=100.0, events=events)
    assert (timed.until("training"), timed.until("step")) == (2.0, 5.0)
    with pytest.raises(ValueError, match="the run never said 'publishing'"):
        timed.until("publishing")
