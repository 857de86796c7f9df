"""A rubric's score as a reward: a model writes a verdict on every criterion, and their worths add up."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.askers import Answers, AnyAsker, Asker
from raylign.judges.questions.rubric import AnyRubric
from raylign.rewards.asking import AskingReward
from raylign.rewards.raters import Value
from raylign.types import Prompt


class RubricReward(AskingReward):
    """The score that a language model gives by a rubric: the sum of its verdicts' worths, by the criteria's weights.

    The model writes, greedily, a line for each criterion; an answer in any other form abstains.
    """

    type: Literal["rubric"] = "rubric"
    model: AnyAsker
    """Who is asked: a directory or a hub id, settings of its engines, ``{model: ..., replicas: 2}``, or
    ``{endpoint: NAME}``."""
    rubric: AnyRubric
    """One that comes with the library, by its name (see docs/judges.md), or the job's own."""
    chat: bool = True
    """Whether it is put in the turns of the model's own chat template, where it has one."""
    max_response_chars: int = Field(default=20000, ge=1, le=bounds.CHARACTERS)
    """Longer responses are cut before they are shown."""

    @property
    def asker(self) -> Asker:
        return self.model

    def check(self, *, whose: str) -> None:
        self.rubric.check(whose=whose)

    def rate_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        return self.rubric.assess(model, rows, longest=self.max_response_chars, chat=self.chat)
