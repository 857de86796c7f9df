"""The real model's arms and figures, without the model."""

import json
from pathlib import Path

import pytest

from benchmarks.real.arms import ARMS, job_of
from benchmarks.real.measure import distinct
from benchmarks.real.prompts import HELD_OUT, LEARNED, rows, stem, topics, write
from benchmarks.real.report import half_interval, p_value, per_prompt
from raylign.plan.check import check_prompts
from raylign.spec import parse_job


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_every_arm_is_a_job_whose_judges_have_what_they_read(arm, tmp_path):
    learned, held_out = write(tmp_path)
    document = job_of(arm, model=Path("m"), learned=learned, held_out=held_out, steps=2, seed=0)
    (task,) = parse_job(json.loads(json.dumps(document))).tasks
    survey, said = check_prompts(task)
    assert (survey.prompts, said) == (128, [])


def test_no_topic_is_learned_and_measured():
    learned, held_out = topics(LEARNED), topics(HELD_OUT)
    assert len(set(learned)) == len(set(held_out)) == 64
    assert not {*map(stem, learned)} & {*map(stem, held_out)}
    assert [row["messages"][0]["content"] for row in rows(["a ship"])] == [
        "Describe a ship in a few sentences. No commas are allowed.",
        "What is special about a ship? Do not use any commas.",
    ]


@pytest.mark.parametrize(
    ("topic", "names"), [("dogs", "dog"), ("glass", "glass"), ("tennis", "tennis"), ("a ship", "ship")]
)
def test_a_topic_is_named_in_the_singular_too(topic, names):
    assert stem(topic) == names


def test_pairs_of_words_that_come_again_are_not_distinct():
    assert distinct(["a", "b", "a", "b"]) == pytest.approx(2 / 3)
    assert distinct(["a"]) == 0


def test_shares_are_compared_prompt_by_prompt():
    found = [{"samples": [{"satisfied": True}, {"satisfied": False}]}, {"samples": [{"satisfied": True}] * 2}]
    assert per_prompt(found, "satisfied") == [0.5, 1.0]
    before = [0.0, 0.5] * 20
    assert float(p_value([share + 0.5 for share in before], before)) < 1e-3
    assert float(p_value(before, before)) == 1
    assert half_interval([0.0, 1.0]) == pytest.approx(12.706 * 0.5, rel=1e-4)  # Student's t, one degree of freedom
