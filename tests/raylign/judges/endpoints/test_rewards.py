import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from fakes import make_prompt

from raylign.judges.endpoints.rewards import rate

ROWS = [(make_prompt(number=number, k=number), f"r{number}") for number in range(3)]


class Line:
    def __init__(self, *answers: Any) -> None:
        self.answers = answers
        self.requests: list[tuple[str, Mapping[str, Any]]] = []

    def post_all(self, requests: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        self.requests += requests
        return list(self.answers)


def test_rows_go_out_in_bounded_requests_and_numbers_come_back() -> None:
    line = Line({"rewards": [1, 0.5]}, {"rewards": [-2.0]})
    assert rate(line, ROWS, most=2) == [1.0, 0.5, -2.0]
    assert [[row["response"] for row in body["rows"]] for _, body in line.requests] == [["r0", "r1"], ["r2"]]
    assert line.requests[1][1]["rows"] == [
        {
            "prompt": "question 2",
            "messages": [{"role": "user", "content": "question 2"}],
            "response": "r2",
            "metadata": {"k": 2},
        }
    ]


def test_several_turns_are_a_transcript() -> None:
    turns = (
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "So"},
    )
    line = Line({"rewards": [1]})
    rate(line, [(replace(make_prompt(), messages=turns), "r")], most=8)
    assert line.requests[0][1]["rows"][0]["prompt"] == "User: Hi\n\nAssistant: Yes?\n\nUser: So"


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("endpoint: status 500", ["endpoint: status 500"] * 3),
        ({"rewards": [1, 2]}, ["endpoint: wrong count"] * 3),
        ({"rewards": [1, 2, 3, 4]}, ["endpoint: wrong count"] * 3),
        ({"rewards": {"0": 1}}, ["endpoint: malformed"] * 3),
        ({}, ["endpoint: malformed"] * 3),
        ({"rewards": [1, None, math.nan]}, [1.0, "endpoint: no number", "endpoint: no number"]),
        ({"rewards": [True, "2", 10**400]}, ["endpoint: no number"] * 3),
        ({"rewards": [math.inf, [1], -1]}, ["endpoint: no number", "endpoint: no number", -1.0]),
    ],
)
def test_what_is_no_number_abstains(answer: Any, values: list[float | str]) -> None:
    assert rate(Line(answer), ROWS, most=64) == values
