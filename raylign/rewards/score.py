"""A number that a model writes, in the job's own words: what the graders of other services call a score model."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.askers import Answers, AnyAsker, Asked, Asker, Written
from raylign.judges.questions.phrasing import Phrasing
from raylign.judges.questions.templates import asked
from raylign.rewards.asking import AskingReward
from raylign.rewards.raters import Value
from raylign.types import Prompt

VARIABLES = frozenset({"prompt", "messages", "metadata", "response", "item", "sample"})
"""What templates are given; ``item`` and ``sample`` as graders of programs have them."""
FORM = "Reply with one number from {{ lowest }} to {{ highest }} and nothing else."
"""Stands after the job's own words, whatever these ask for."""
NUMBER = re.compile(r"[-+]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})", re.ASCII)
NO_NUMBER, OUTSIDE, NO_END = "score: no number", "score: out of range", "score: no end"


class ScoreReward(AskingReward):
    """The number that a language model writes when it is asked in the job's own words.

    The model writes, greedily, a number of the range and nothing else; an answer in any other form abstains.
    """

    type: Literal["score"] = "score"
    model: AnyAsker
    """Who is asked: a directory or a hub id, settings of its engines, ``{model: ..., replicas: 2}``, or
    ``{endpoint: NAME}``."""
    template: bounds.Template
    """Jinja template of what is asked, over ``prompt``, ``messages``, ``response`` and ``metadata``; also ``item`` and
    ``sample``, as a grader's program has them. Put ``| quote`` after what strangers wrote."""
    system: bounds.Template | None = None
    """What the model is told first."""
    lowest: float = Field(default=0.0, ge=-bounds.FACTOR, le=bounds.FACTOR)
    """The least number that is taken."""
    highest: float = Field(default=1.0, ge=-bounds.FACTOR, le=bounds.FACTOR)
    """The largest one."""
    max_tokens: int = Field(default=32, ge=1, le=bounds.TOKENS)
    """Of an answer; one that has no end there abstains."""
    chat: bool = True
    """Whether it is put in the turns of the model's own chat template, where it has one."""
    max_response_chars: int = Field(default=20000, ge=1, le=bounds.CHARACTERS)
    """Longer responses are cut before they are shown."""

    @model_validator(mode="after")
    def _range_is_one(self) -> Self:
        if not self.lowest < self.highest:
            raise ValueError(f"`lowest` is {self.lowest:g} and `highest` {self.highest:g}: every answer would be one")
        return self

    @property
    def asker(self) -> Asker:
        return self.model

    def check(self, *, whose: str) -> None:
        self._phrasing.check(whose=whose, variables=VARIABLES | {"lowest", "highest"})

    def rate_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        questions = [self.put(prompt, response[: self.max_response_chars]) for prompt, response in rows]
        return [self.read(said) for said in model.write(questions, max_tokens=self.max_tokens)] if questions else []

    def put(self, prompt: Prompt, response: str) -> Asked:
        """What the model is asked of one response."""
        item = {**prompt.metadata, "prompt": asked(prompt)["prompt"]}
        given = {**asked(prompt), "response": response, "item": item, "sample": _sample(response)}
        return self._phrasing.put(
            {**given, "lowest": f"{self.lowest:g}", "highest": f"{self.highest:g}"}, chat=self.chat
        )

    def read(self, said: Written | str) -> Value:
        """The number of an answer in the form; else what is wrong with it."""
        if isinstance(said, str):
            return said
        if not said.ended:
            return NO_END
        if not NUMBER.fullmatch(text := said.text.strip()):
            return NO_NUMBER
        return number if self.lowest <= (number := float(text)) <= self.highest else OUTSIDE

    @property
    def _phrasing(self) -> Phrasing:
        return Phrasing(user=f"{self.template}\n\n{FORM}", system=self.system)


def _sample(response: str) -> Mapping[str, Any]:
    """``output_text``; ``output_json`` of a JSON object or list: a template that wants it abstains elsewhere."""
    try:
        found = json.loads(response)
    except (ValueError, RecursionError):
        found = None
    return {"output_text": response, **({"output_json": found} if isinstance(found, dict | list) else {})}
