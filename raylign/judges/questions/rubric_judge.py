"""The rubric as a judge: a model writes a verdict on every criterion, and their score must reach a threshold."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.askers import Answers, AnyAsker, Asker
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.questions.rubric import AnyRubric
from raylign.types import Prompt
from raylign.verdicts import SATISFIED, Ruling, failed, violated

ROUNDING = 1e-9
"""What a sum of decimals may fall short of its threshold by."""


class RubricJudge(AskingJudge):
    """A language model that gives a verdict on each criterion of a rubric; violated where their score is too low.

    The model writes, greedily, a line for each criterion; an answer in any other form abstains.
    """

    type: Literal["rubric"] = "rubric"
    model: AnyAsker
    """Who is asked: a directory or a hub id, settings of its engines, ``{model: ..., replicas: 2}``, or
    ``{endpoint: NAME}``."""
    rubric: AnyRubric
    """One that comes with the library, by its name (see docs/judges.md), or the job's own."""
    threshold: float = Field(ge=-bounds.NUMBER, le=bounds.NUMBER)
    """The least score that satisfies."""
    chat: bool = True
    """Whether it is put in the turns of the model's own chat template, where it has one."""
    max_response_chars: int = Field(default=20000, ge=1, le=bounds.CHARACTERS)
    """Longer responses are cut before they are shown."""

    @model_validator(mode="after")
    def _threshold_parts(self) -> Self:
        lowest, highest = self.rubric.lowest, self.rubric.highest
        if not lowest < self.threshold <= highest + ROUNDING:
            raise ValueError(
                f"scores of this rubric lie in [{lowest:g}, {highest:g}], so a threshold of {self.threshold:g} says "
                f"the same of all: set it above {lowest:g}, and to {highest:g} at most"
            )
        return self

    @property
    def asker(self) -> Asker:
        return self.model

    def check(self, *, whose: str) -> None:
        self.rubric.check(whose=whose)

    def rule_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Ruling]:
        scores = self.rubric.assess(model, rows, longest=self.max_response_chars, chat=self.chat)
        return [self.read(score) for score in scores]

    def read(self, score: float | str) -> Ruling:
        """Violated iff the score is below the threshold; abstains where there is none."""
        if isinstance(score, str):
            return failed(score)
        if score < self.threshold - ROUNDING:
            return violated(f"score {score:.3g} < {self.threshold:g}")
        return SATISFIED
