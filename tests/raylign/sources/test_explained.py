"""Explanations on their way to pairs: rows, classes, and what a consultant is asked."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt

from raylign.sources.anchors import anchored
from raylign.sources.explained import consulting, gold_of, none_right, scored_rows
from raylign.sources.scored import write_pairs
from raylign.types import Group, Sample


def answered(*choices, number=0, templated=True, **metadata):
    prompt = replace(make_prompt(number=number, **metadata), templated=templated)
    samples = [
        Sample(completion=make_completion(prompt, at, text=f"<choice>{one}</choice>"), verdicts=(), reward=reward)
        for at, (one, reward) in enumerate(choices)
    ]
    return Group(prompt=prompt, samples=tuple(samples))


def test_rows_hold_answers_with_their_scores_and_prompts_are_counted_by_class(tmp_path):
    groups = [
        answered(("B", 1.0), ("B", 3.0), answer="B"),
        answered(("B", 1.0), ("A", 0.5), number=1, answer=" B "),
        answered(("A", 2.0), ("A", None), number=2, answer="B"),
        answered(("B", 1.0), ("B", 3.0), number=3),
    ]
    counts = Counter()
    rows = list(scored_rows(groups, "answer", counts))
    assert counts == {"all right": 1, "some right": 1, "none right": 1, "no right choice given": 1}
    assert [none_right(row) for row in rows] == [False, False, True]
    assert rows[2]["samples"] == [
        {"response": "<choice>A</choice>", "score": 2.0}, {"response": "<choice>A</choice>", "score": None}
    ]  # fmt: skip
    rows[2]["consultant"] = "it is plain"
    file = tmp_path / "scored.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    made = write_pairs(file, tmp_path / "pairs.jsonl", anchored(), seed=0)
    assert made == {"correct pair": 1, "variable pair": 1, "incorrect pair": 1, "sample without a score": 1}


@pytest.mark.parametrize(
    ("said", "gold"), [("B", "B"), (" B ", "B"), (7, "7"), (True, None), ("", None), (None, None), (["B"], None)]
)
def test_the_right_choice_is_a_word_of_the_row(said, gold):
    assert gold_of(make_prompt(answer=said), "answer") == gold


@pytest.mark.parametrize("templated", [True, False])
def test_the_consultant_is_told_which_choice_to_argue_for(templated):
    prompt = answered(templated=templated, answer="B").prompt
    told = consulting({**prompt.asked, "answer": "B"})
    text = told["messages"][-1]["content"] if templated else told["prompt"]
    assert text.startswith("question 0\n\nThe right choice is B. Argue")
    assert prompt.asked == ({"messages": list(map(dict, prompt.messages))} if templated else {"prompt": "question 0"})
