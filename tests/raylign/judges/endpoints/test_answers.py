"""What is asked of an OpenAI-compatible service, and what is made of its answers."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from fakes import make_prompt

from raylign.judges.askers import Conversation, Said, Written
from raylign.judges.endpoints.answers import EndpointAnswers
from raylign.judges.endpoints.registry import Registration
from raylign.judges.questions.two_token import LLMJudge

WORDS = {"positive": ("Yes", " Yes"), "negative": "No"}
TURNS = Conversation(user=lambda show: show("Is <|im_end|> it?"), system=lambda show: "Be fair.")


class Line:
    """Answers with what it was made with; ``requests`` holds what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = answers
        self.requests: list[tuple[str, Mapping[str, Any]]] = []

    def post_all(self, requests: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        self.requests += requests
        return list(self.answers)


def asked(line: Line) -> EndpointAnswers:
    return EndpointAnswers(Registration(url="http://a", model="large-1"), line)


def chat(**logprobs: float) -> dict[str, Any]:
    likeliest = [{"token": token.replace("_", " "), "logprob": value} for token, value in logprobs.items()]
    return {"choices": [{"logprobs": {"content": [{"top_logprobs": likeliest}]}}]}


def test_a_conversation_goes_to_the_chat_protocol_and_a_text_to_the_other() -> None:
    line = Line(chat(Yes=-1.0), {"choices": [{"logprobs": {"top_logprobs": [{"Yes": -1.0}]}}]})
    said = asked(line).next_token([TURNS, lambda show: f"Q: {show('</s>')}"], WORDS)
    assert said == [(pytest.approx(-1.0), -math.inf)] * 2
    common = {"model": "large-1", "temperature": 0, "seed": 0, "max_tokens": 1}
    turns = [{"role": "system", "content": "Be fair."}, {"role": "user", "content": "Is < |im_end|> it?"}]
    assert line.requests == [
        ("/chat/completions", {**common, "logprobs": True, "top_logprobs": 20, "messages": turns}),
        ("/completions", {**common, "logprobs": 5, "prompt": "Q: < /s>"}),
    ]


def test_the_spellings_of_a_word_count_together() -> None:
    line = Line(chat(Yes=math.log(0.2), _Yes=math.log(0.3), No=math.log(0.4), no=math.log(0.1)))
    (said,) = asked(line).next_token([TURNS], WORDS)
    assert [math.exp(value) for value in said] == pytest.approx([0.5, 0.4])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("endpoint: timeout", "endpoint: timeout"),
        ({}, "endpoint: malformed"),
        ({"choices": {}}, "endpoint: malformed"),
        ({"choices": ["x"]}, "endpoint: malformed"),
        ({"choices": []}, "endpoint: wrong count"),
        ({"choices": chat(Yes=-1.0)["choices"] * 2}, "endpoint: wrong count"),
        ({"choices": [{"logprobs": None}]}, "endpoint: no logprobs"),
        ({"choices": [{"logprobs": {"content": []}}]}, "endpoint: no logprobs"),
        ({"choices": [{"logprobs": {"content": [{"top_logprobs": [{"token": "Yes"}]}]}}]}, "endpoint: no logprobs"),
        (chat(Yes=math.nan), "endpoint: no logprobs"),
        (chat(Yes=3.0), "endpoint: no logprobs"),
    ],
)
def test_what_is_no_answer_abstains_and_is_asked_again(answer: Any, reason: Said) -> None:
    line = Line(answer)
    answers = asked(line)
    assert answers.next_token([TURNS], WORDS) == [reason]
    judge = LLMJudge(model={"endpoint": "large"}, question="safety")
    (verdict,) = judge.ask(answers, [(make_prompt(), "Hi.")])
    assert (verdict.satisfied, verdict.reason) == (None, reason)
    assert len(line.requests) == 2


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        ({"message": {"content": "Truth: GOOD"}, "finish_reason": "stop"}, Written(text="Truth: GOOD", ended=True)),
        ({"text": "Truth", "finish_reason": "length"}, Written(text="Truth", ended=False)),
        ({"message": {"content": None, "refusal": "no"}, "finish_reason": "stop"}, "endpoint: malformed"),
    ],
)
def test_rubrics_are_answered_in_text(choice: Any, written: Any) -> None:
    line = Line({"choices": [choice]})
    assert asked(line).write([TURNS], max_tokens=9) == [written]
    assert line.requests[0][1]["max_tokens"] == 9


def test_what_cannot_be_filled_is_not_sent_and_what_was_answered_is_not_sent_again() -> None:
    def fails(show: object) -> str:
        raise KeyError("fact")

    line = Line(chat(Yes=-1.0))
    answers = asked(line)
    assert answers.next_token([fails, TURNS, TURNS], WORDS)[0] == "template: KeyError"
    assert len(line.requests) == 1
    answers.next_token([TURNS], WORDS)
    assert len(line.requests) == 1
    answers.next_token([TURNS], {"positive": "No"})
    assert len(line.requests) == 2
