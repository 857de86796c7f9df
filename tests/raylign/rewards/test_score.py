"""A number that a model writes."""

from collections.abc import Sequence
from typing import Any

import pytest
from fakes import make_prompt

from raylign.errors import SpecError
from raylign.judges.askers import Asked, Conversation, Written
from raylign.rewards.score import FORM, NO_END, NO_NUMBER, OUTSIDE, ScoreReward


class Model:
    """Writes what it was made with, and keeps what it was asked."""

    def __init__(self, *said: str) -> None:
        self.said = said
        self.asked: list[Asked] = []

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[Written | str]:
        self.asked = list(asked)
        return [Written(text=text, ended=max_tokens > 1) for text in self.said]


def reward(**told: Any) -> ScoreReward:
    return ScoreReward(model="m", **{"template": "{{ item.prompt }}: {{ sample.output_text }}", **told})


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("7", 7.0),
        (" -2.5\n", -2.5),
        (".5", 0.5),
        ("11", OUTSIDE),
        ("7/10", NO_NUMBER),
        ("score: 7", NO_NUMBER),
        ("", NO_NUMBER),
        ("1e1", NO_NUMBER),
        ("nan", NO_NUMBER),
        ("\u0667", NO_NUMBER),
    ],
)
def test_a_number_of_the_range_alone_is_one(said: str, value: float | str) -> None:
    assert reward(lowest=-3, highest=10).rate_all(Model(said), [(make_prompt(), "a")]) == [value]


def test_an_answer_without_an_end_is_none() -> None:
    assert reward(max_tokens=1).rate_all(Model("1"), [(make_prompt(), "a")]) == [NO_END]
    assert reward().rate_all(Model(), []) == []


def test_it_is_asked_in_the_job_s_words_and_told_the_form() -> None:
    model, one = Model("1"), reward(system="Be fair to {{ metadata.who }}.", highest=5)
    one.check(whose="the test")
    one.rate_all(model, [(make_prompt(who="all"), "x" * 30_000)])
    [asked] = model.asked
    assert isinstance(asked, Conversation)
    assert asked.system is not None
    assert asked.system(str) == "Be fair to all."
    text = asked.user(str)
    assert text.endswith("Reply with one number from 0 to 5 and nothing else.")
    assert text.count("x") == 20_000
    assert "{{ lowest }}" in FORM


def test_what_is_no_template_or_no_range_is_refused() -> None:
    with pytest.raises(SpecError, match="uses `secret`"):
        reward(template="{{ secret }}").check(whose="the test")
    with pytest.raises(ValueError, match="every answer would be one"):
        reward(lowest=1, highest=1)
