"""The math judge: the answer in the last sentence, in the asked format, equals the gold answer (CGPO, section 6)."""

import re
from functools import lru_cache
from typing import ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.rules.pattern import Grouped
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, abstained, violated

# LaTeX's thin space backwards, as in `32,\! 349`, ends nothing.
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\\!)\s+|\n+")
_AFTER = re.compile(r"\s*(?:\\\]|\$\$|I hope it is correct\.?)\s*")
"""What may stand behind the last sentence: the end of a display, and the closing words of a much copied prompt
(arXiv 2206.14858, appendix D)."""


class MathJudge(RuleJudge):
    """The final answer, in the asked format, equals ``metadata.answer``. Right answer, wrong format: violated."""

    preload: ClassVar = ("raylign.judges.rules.equivalence",)

    type: Literal["math"] = "math"
    format: Grouped = r"(?:the answer is|answer:|####|\\boxed)\s*(.+)"
    """Regular expression searched, case ignored, in the response's last sentence; its group 1 is the answer."""
    timeout_s: float = Field(default=5.0, gt=0, le=bounds.JUDGE_S)
    """Limit for comparing the two answers."""

    @property
    def needs(self) -> str:
        return "answer"

    def rule(self, case: Case) -> Ruling:
        """Abstains without ``metadata.answer``, a string or number. A right answer in the wrong format is violated."""
        from raylign.judges.rules.equivalence import equivalent

        gold = case.metadata.get("answer")
        if gold is None:
            return abstained("no answer in metadata")
        if isinstance(gold, bool) or not isinstance(gold, str | int | float) or not str(gold).strip():
            return abstained("malformed answer in metadata")
        matches = list(_compiled(self.format).finditer(last_sentence(case.response)))
        # A format without a group, or whose group took no part, has no answer to compare.
        if not matches or matches[-1].re.groups == 0 or matches[-1][1] is None:
            return violated("answer not in the asked format")
        answer = matches[-1][1]
        return SATISFIED if equivalent(answer, str(gold)) else violated(f"answer {answer[:40]!r} is wrong")

    @property
    def limit_s(self) -> float:
        return self.timeout_s

    @classmethod
    def warm(cls) -> None:
        """The parser is slow the first time."""
        from raylign.judges.rules.equivalence import equivalent

        equivalent(r"\frac{1}{2}", "0.5")


def last_sentence(text: str) -> str:
    r"""The last sentence; a line break ends one too. Not counted: a closing ``\]`` or ``$$`` on its own line, and the
    words ``I hope it is correct.``"""
    sentences = [part for part in _SENTENCE_END.split(text.strip()) if part.strip()]
    while sentences and _AFTER.fullmatch(sentences[-1]):
        sentences.pop()
    return sentences[-1].strip() if sentences else ""


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
