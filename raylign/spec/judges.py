"""Judges as a job names them: a union on ``type``. A judge answers satisfied, violated, or abstains."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from raylign import bounds
from raylign.settings import Spec


def _comparable(value: Any) -> Any:
    """One sentence for what the union below would refuse in six."""
    for item in value if isinstance(value, list | tuple) else [value]:
        if not (item is None or isinstance(item, str | int | float)):
            raise ValueError("compare with a text, a number, true, false, null, or a list of these")
    return value


Number = Annotated[int, Field(ge=-int(bounds.NUMBER), le=int(bounds.NUMBER))]
Real = Annotated[float, Field(ge=-bounds.NUMBER, le=bounds.NUMBER)]
Text = Annotated[str, Field(max_length=bounds.TEXT)]
Scalar = Text | bool | Number | Real | None
Condition = Annotated[
    Scalar | Annotated[list[Scalar], Field(max_length=bounds.CONDITIONS)], BeforeValidator(_comparable)
]
"""What a metadata value is compared with."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    # Repetitions beyond any count, and groups nested beyond the stack.
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern[:60]!r} is not a regular expression: {error}") from None
    return pattern


def _has_group(pattern: str) -> str:
    if re.compile(pattern).groups == 0:
        raise ValueError(f"pattern {pattern[:60]!r} has no group: put the answer's part in parentheses")
    return pattern


Pattern = Annotated[bounds.Pattern, AfterValidator(_compiles)]
"""A Python regular expression."""


class JudgeBase(Spec):
    """What every judge has."""

    needs: ClassVar[str | None] = None
    """The metadata key without which it always abstains."""

    name: str | None = Field(default=None, pattern=r"^\w[\w .:/-]{0,63}$", max_length=64)
    """What metrics call it; its type where absent."""
    when: dict[Annotated[str, Field(max_length=bounds.NAME)], Condition] = Field(
        default_factory=dict, max_length=bounds.CONDITIONS
    )
    """Ask this judge only about prompts whose metadata hold these values, e.g. ``{harmful: false}``."""

    @property
    def label(self) -> str:
        return self.name or self.type  # type: ignore[attr-defined]


class MathJudge(JudgeBase):
    """The final answer, in the asked format, equals ``metadata.answer``. Right answer, wrong format: violated."""

    needs: ClassVar = "answer"

    type: Literal["math"] = "math"
    format: Annotated[Pattern, AfterValidator(_has_group)] = r"(?:the answer is|answer:|####|\\boxed)\s*(.+)"
    """Regular expression searched, case ignored, in the response's last sentence; its group 1 is the answer."""
    timeout_s: float = Field(default=5.0, gt=0, le=bounds.JUDGE_S)
    """Limit for comparing the two answers."""


class InstructionsJudge(JudgeBase):
    """Every checkable instruction in ``metadata.if_requirements`` (IFEval's ids and arguments) is followed."""

    needs: ClassVar = "if_requirements"

    type: Literal["instructions"] = "instructions"
    strict: bool = True
    """False also accepts the response without its first line, its last line, or its asterisks (IFEval's loose mode)."""
    timeout_s: float = Field(default=5.0, gt=0, le=bounds.JUDGE_S)
    """Limit for one response."""


class CodeJudge(JudgeBase):
    """The response's single fenced code block passes all of ``metadata.unit_tests``, run in a sandbox."""

    needs: ClassVar = "unit_tests"

    type: Literal["code"] = "code"
    timeout_s: float = Field(default=5.0, gt=0, le=bounds.JUDGE_S)
    """Wall-clock limit for one response's tests. Running longer is a violation: the program is wrong."""
    memory_mb: int = Field(default=256, ge=32, le=bounds.MEGABYTES)
    """Address-space limit of the program."""
    processes: int = Field(default=16, ge=1, le=bounds.PROCESSES)
    """Limit on processes and threads of the program."""
    output_kb: int = Field(default=64, ge=1, le=bounds.OUTPUT_KB)
    """Output beyond this many KiB is cut."""


class LengthJudge(JudgeBase):
    """The response's length lies within bounds."""

    type: Literal["length"] = "length"
    minimum: int = Field(default=0, ge=0, le=bounds.CHARACTERS)
    """Smallest length allowed."""
    maximum: int | None = Field(default=None, ge=1, le=bounds.CHARACTERS)
    """Largest length allowed."""
    unit: Literal["characters", "words", "tokens"] = "words"
    """What is counted."""

    @model_validator(mode="after")
    def _ordered(self) -> "LengthJudge":
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"maximum {self.maximum} is below minimum {self.minimum}")
        return self


class RegexJudge(JudgeBase):
    """A regular expression is found in the response, or is not."""

    type: Literal["regex"] = "regex"
    pattern: Pattern
    """Python regular expression, searched anywhere."""
    must: Literal["match", "not_match"] = "match"
    """What satisfies the judge."""
    timeout_s: float = Field(default=2.0, gt=0, le=bounds.JUDGE_S)
    """Limit for one response; some patterns never end."""


class LLMJudge(JudgeBase):
    """A language model asked a yes/no question: it compares the probabilities of two tokens (CGPO, section 6).

    Violated iff P(negative) > P(positive). Nothing is sampled.
    """

    type: Literal["llm"] = "llm"
    model: bounds.Model
    """A directory, or a hub id."""
    template: bounds.Template
    """Jinja template of what the judge reads, over ``prompt`` (of several turns: all of them, as a transcript),
    ``messages`` (the turns, each with ``role`` and ``content``), ``response`` and ``metadata``. Leave ``prompt`` out to
    show the response alone."""
    positive: bounds.Answer
    """Token that means satisfied. Must be one token of the judge's vocabulary."""
    negative: bounds.Answer
    """Token that means violated. Must be one token."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two tokens together have less probability than this: the model did not answer."""
    max_response_chars: int = Field(default=20000, ge=1, le=bounds.CHARACTERS)
    """Longer responses are cut before they are shown."""


JudgeSpec = Annotated[
    MathJudge | InstructionsJudge | CodeJudge | LengthJudge | RegexJudge | LLMJudge, Field(discriminator="type")
]
RuleJudge = MathJudge | InstructionsJudge | CodeJudge | LengthJudge | RegexJudge
