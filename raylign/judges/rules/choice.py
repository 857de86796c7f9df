"""The multiple-choice judge: the one letter that the response ends with is the right one."""

import re
from typing import Any, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.rules.pattern import Grouped
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, abstained, violated

# Possessive, so that a long line of marks takes linear time.
_LAST_LINE = (
    r"^[\W_]*+(?:(?:so|thus|therefore|hence),? )?(?:the |my )?(?:(?:final|correct|best|right) )*+"
    r"(?:(?:answer|choice|option)(?: is)?[\W_]*+)?(?:(?:option|choice) )?[\W_]*+(?:(?:boxed|text)\{\\?)*+([A-Z])[\W_]*$"
)


class ChoiceJudge(RuleJudge):
    """The letter in the response's last line is that of ``metadata.answer``."""

    type: Literal["choice"] = "choice"
    letters: str = Field(default="ABCD", pattern=r"^[A-Z]{2,26}$", max_length=26)
    """The choices' letters, in order."""
    format: Grouped = _LAST_LINE
    """Regular expression searched, case ignored, in the response's last line that is not empty; its group 1 is the
    letter. By default that line holds nothing but the letter and the words of giving an answer."""
    key: str = Field(default="answer", min_length=1, max_length=bounds.NAME)
    """The metadata key that holds the right letter, or its place among the letters, from 0."""
    timeout_s: float = Field(default=2.0, gt=0, le=bounds.JUDGE_S)
    """Limit for one response; some formats never end."""

    @property
    def needs(self) -> str | None:
        return self.key

    def rule(self, case: Case) -> Ruling:
        """Abstains where the metadata hold no such letter. A response that names several letters has no answer."""
        gold = case.metadata.get(self.key)
        right = self._letter(gold)
        if right is None:
            return abstained(f"no {self.key} in metadata" if gold is None else f"malformed {self.key} in metadata")
        found = re.finditer(self.format, last_line(case.response), re.IGNORECASE)
        named = {match[1].strip().upper() for match in found if match[1] is not None}
        if len(named) > 1:
            return violated("more than one choice")
        if not named or (chosen := named.pop()) not in set(self.letters):
            return violated("no choice in the asked format")
        return SATISFIED if chosen == right else violated(f"choice {chosen} is wrong")

    @property
    def limit_s(self) -> float:
        return self.timeout_s

    def _letter(self, gold: Any) -> str | None:
        match gold:
            case bool():
                return None
            case int():
                return self.letters[gold] if 0 <= gold < len(self.letters) else None
            case str():
                letter = gold.strip().strip("().").upper()
                return letter if letter in set(self.letters) else None
        return None


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return text.rstrip().rpartition("\n")[2].strip()
