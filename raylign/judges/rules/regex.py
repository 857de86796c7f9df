"""The regular-expression judge. Some patterns never end on some text."""

import re
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.rules.pattern import Pattern
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, violated


class RegexJudge(RuleJudge):
    """A regular expression is found in the response, or is not."""

    type: Literal["regex"] = "regex"
    pattern: Pattern
    """Python regular expression, searched anywhere."""
    must: Literal["match", "not_match"] = "match"
    """What satisfies the judge."""
    timeout_s: float = Field(default=2.0, gt=0, le=bounds.JUDGE_S)
    """Limit for one response; some patterns never end."""

    def rule(self, case: Case) -> Ruling:
        found = re.search(self.pattern, case.response) is not None
        if found == (self.must == "match"):
            return SATISFIED
        return violated("pattern found" if found else "pattern not found")

    @property
    def limit_s(self) -> float:
        return self.timeout_s
