"""A judge by rule: is it a haiku, by its lines?"""

from typing import Literal

from pydantic import Field

from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, violated


class HaikuJudge(RuleJudge):
    """The response has three lines, none of more words than a breath."""

    type: Literal["haiku"] = "haiku"
    words: int = Field(default=7, ge=1, le=50)
    """Most words of a line."""

    def rule(self, case: Case) -> Ruling:
        lines = [line for line in case.response.splitlines() if line.strip()]
        if len(lines) != 3:
            return violated("not three lines")
        return SATISFIED if max(len(line.split()) for line in lines) <= self.words else violated("a line too long")

    @property
    def limit_s(self) -> float:
        return 5.0
