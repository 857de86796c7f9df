"""An OpenAI-compatible service as one who is asked: two tokens by their log-probabilities, rubrics by text."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from raylign.judges.askers import Asked, Conversation, Said, Spelled, Written
from raylign.judges.endpoints import line
from raylign.judges.endpoints.line import MALFORMED, Line
from raylign.judges.endpoints.markup import unmarked
from raylign.judges.endpoints.registry import Registration
from raylign.judges.heard import Heard
from raylign.judges.questions.templates import FAILURES

T = TypeVar("T")

CHAT, TEXT = "/chat/completions", "/completions"
MOST_OF_TEXT = 5
"""Likeliest tokens that the protocol of plain texts tells of."""
REMEMBERED_S = 600.0
"""A service may become another while a run goes on, and canaries are asked about again and again to see it."""
NO_LOGPROBS = "endpoint: no logprobs"
WRONG_COUNT = "endpoint: wrong count"

Request = tuple[str, Mapping[str, Any]]


class EndpointAnswers:
    """Implements `raylign.judges.askers.Answers`. Conversations go to the chat protocol, plain texts to the other."""

    def __init__(self, endpoint: Registration, calls: Line) -> None:
        self._endpoint = endpoint
        self._line = calls
        self._said: Heard[tuple[float, ...] | str] = Heard(seconds=REMEMBERED_S)
        self._written: Heard[Written | str] = Heard(seconds=REMEMBERED_S)

    def next_token(self, asked: Sequence[Asked], answers: Mapping[str, Spelled]) -> list[Said]:
        spellings = [{answer} if isinstance(answer, str) else set(answer) for answer in answers.values()]
        most = self._endpoint.top_logprobs
        chat = {"max_tokens": 1, "logprobs": True, "top_logprobs": most}
        text = {"max_tokens": 1, "logprobs": min(most, MOST_OF_TEXT)}
        requests = [self._request(one, chat=chat, text=text) for one in asked]

        def read(choice: Mapping[str, Any]) -> tuple[float, ...] | str:
            likeliest = _likeliest(choice)
            if likeliest is None:
                return NO_LOGPROBS
            chances = [
                math.fsum(math.exp(logprob) for token, logprob in likeliest.items() if token in words)
                for words in spellings
            ]
            return tuple(math.log(chance) if chance > 0 else -math.inf for chance in chances)

        return self._ask(self._said, requests, [sorted(words) for words in spellings], read)

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[Written | str]:
        settings = {"max_tokens": max_tokens}
        requests = [self._request(one, chat=settings, text=settings) for one in asked]

        def read(choice: Mapping[str, Any]) -> Written | str:
            message = choice.get("message")
            text = message.get("content") if isinstance(message, dict) else choice.get("text")
            if not isinstance(text, str):
                return MALFORMED
            return Written(text=text, ended=choice.get("finish_reason") == "stop")

        return self._ask(self._written, requests, None, read)

    def _request(self, asked: Asked, *, chat: Mapping[str, Any], text: Mapping[str, Any]) -> Request | str:
        """Path and body of it, or why it cannot be put."""
        common = {"model": self._endpoint.model, "temperature": 0, "seed": 0}
        try:
            if not isinstance(asked, Conversation):
                return TEXT, {**common, **text, "prompt": asked(unmarked)}
            turns = [("system", asked.system), ("user", asked.user)]
            messages = [{"role": role, "content": write(unmarked)} for role, write in turns if write]
            return CHAT, {**common, **chat, "messages": messages}
        except FAILURES as error:
            return f"template: {type(error).__name__}"

    def _ask(
        self,
        heard: Heard[T | str],
        requests: Sequence[Request | str],
        besides: Any,
        read: Callable[[Mapping[str, Any]], T | str],
    ) -> list[T | str]:
        """``besides``: what an answer depends on that is in no request."""
        put = [request for request in requests if not isinstance(request, str)]

        def post(positions: Sequence[int]) -> list[T | str]:
            return [_read(said, read) for said in self._line.post_all([put[at] for at in positions])]

        answers = iter(heard.ask([(path, json.dumps(body), besides) for path, body in put], post))
        return [request if isinstance(request, str) else next(answers) for request in requests]


def _read(said: line.Said, read: Callable[[Mapping[str, Any]], T | str]) -> T | str:
    if isinstance(said, str):
        return said
    choices = said.get("choices")
    if not isinstance(choices, list):
        return MALFORMED
    if len(choices) != 1:
        return WRONG_COUNT
    return read(choices[0]) if isinstance(choices[0], dict) else MALFORMED


def _likeliest(choice: Mapping[str, Any]) -> dict[str, float] | None:
    """Log-probability of the likeliest first tokens of a choice, by either protocol."""
    logprobs = choice.get("logprobs")
    if not isinstance(logprobs, dict):
        return None
    try:
        if isinstance(content := logprobs.get("content"), list):
            found = {one["token"]: float(one["logprob"]) for one in content[0]["top_logprobs"]}
        else:
            found = {token: float(value) for token, value in logprobs["top_logprobs"][0].items()}
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError):
        return None
    return found if all(value <= 1e-6 for value in found.values()) else None
