"""The real model's arms and figures, without the model."""

import json
import os
from pathlib import Path

import pytest

from benchmarks.real import ifeval
from benchmarks.real.arms import ARMS, job_of
from benchmarks.real.measure import distinct
from benchmarks.real.report import half_interval, p_value, per_prompt
from benchmarks.real.sets import SETS
from benchmarks.real.topics import HELD_OUT, LEARNED, named, rows, stem
from raylign.plan.survey import check_prompts
from raylign.spec import parse_job


@pytest.mark.reference_data
@pytest.mark.parametrize("on", SETS.values(), ids=lambda on: on.name)
def test_every_arm_is_a_job_whose_judges_have_what_they_read(on, tmp_path):
    learned, held_out = on.write(tmp_path)
    for arm in ARMS:
        document = job_of(arm, on, model=Path("m"), learned=learned, held_out=held_out, steps=2, seed=0)
        (task,) = parse_job(json.loads(json.dumps(document))).tasks
        survey, said = check_prompts(task)
        assert (survey.prompts, said) == (len(learned.read_text().splitlines()), [])


@pytest.mark.reference_data
@pytest.mark.parametrize("on", SETS.values(), ids=lambda on: on.name)
def test_no_prompt_is_learned_and_measured(on):
    asked = [[row["messages"][0]["content"] for row in rows] for rows in (on.learned(), on.held_out())]
    learned, held_out = map(set, asked)
    assert len(learned) >= 128
    assert len(held_out) >= 64
    assert not learned & held_out


def test_no_topic_is_learned_and_measured():
    learned, held_out = named(LEARNED), named(HELD_OUT)
    assert len(set(learned)) == len(set(held_out)) == 64
    assert not {*map(stem, learned)} & {*map(stem, held_out)}
    assert [row["messages"][0]["content"] for row in rows(["a ship"])] == [
        "Describe a ship in a few sentences. No commas are allowed.",
        "What is special about a ship? Do not use any commas.",
    ]


@pytest.mark.reference_data
def test_a_short_answer_can_meet_what_is_asked_of_it():
    file = Path(os.environ.get("RAYLIGN_REFERENCE_DATA", "../shared/data")) / "ifeval" / "prompts.jsonl"
    by_key = {row["key"]: row for row in map(json.loads, file.read_text().splitlines())}
    assert not ifeval.short(by_key[1000])  # 300 words at least
    longest = [row for row in by_key.values() if "combination:repeat_prompt" in row["instruction_id_list"]]
    assert not any(map(ifeval.short, longest))
    assert any(map(ifeval.short, by_key.values()))


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
