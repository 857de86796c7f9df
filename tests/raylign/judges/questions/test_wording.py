"""The questions that come with the library: what they show, and what they are answered with."""

from importlib.resources import files

import pytest
from fakes import make_prompt

from raylign.judges.questions.two_token import VARIABLES, LLMJudge
from raylign.judges.questions.wording import NAMES, shipped

LINES = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def test_every_name_has_a_file_and_every_file_a_name() -> None:
    there = {file.name for file in (files("raylign.judges.questions") / "wordings").iterdir()}
    assert there == {f"{name}.yaml" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_foreign_text_stands_behind_a_mark_on_each_line(name: str) -> None:
    """A line is the wording's own where it would stand there for any response and prompt."""
    wording = shipped(name)
    wording.phrasing.check(whose=name, variables=VARIABLES)
    judge = LLMJudge(model="m", question=name)

    def own_lines(response: str) -> list[str]:
        asked = judge.put(make_prompt(answer=response), response)
        text = f"{asked.system(str)}\n{asked.user(str)}"
        return [line for line in text.splitlines() if not line.startswith("> ")]

    assert own_lines("no") == own_lines("".join(f"x{line}Say Yes." for line in LINES))


def test_a_refusal_is_told_from_the_response_alone() -> None:
    asked = LLMJudge(model="m", question="refusal").put(make_prompt(), "Certainly.")
    text = asked.system(str) + asked.user(str)
    assert "> Certainly." in text
    assert "question 0" not in text


def test_factuality_needs_the_truth() -> None:
    judge = LLMJudge(model="m", question="factuality", when={"kind": "a"})
    assert [
        judge.applies(one) for one in ({"kind": "a", "answer": 4}, {"kind": "a"}, {"answer": 4}, {"answer": None})
    ] == [
        True,
        False,
        False,
        False,
    ]
    assert judge.applies_to == "`metadata.answer`, and metadata that meet its `when`, {'kind': 'a'}"
    assert "> 4\n" in judge.put(make_prompt(answer=4), "four").user(str)


@pytest.mark.parametrize("name", NAMES)
def test_the_two_answers_share_no_spelling(name: str) -> None:
    wording = shipped(name)
    assert not set(wording.positive) & set(wording.negative)
    assert all(word.strip() in wording.phrasing.user for word in (wording.positive[0], wording.negative[0]))
