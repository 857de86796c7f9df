"""The length judge."""

from typing import Literal, TypeAlias, TypeVar

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.rules.rule import COUNTING_S, Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, abstained, violated

Unit: TypeAlias = Literal["characters", "words", "tokens"]
Tokens = TypeVar("Tokens", int, int | None)


def measure(unit: Unit, text: str, num_tokens: Tokens) -> int | Tokens:
    """How long a text is. Words are parted by white space; ``num_tokens``: as somebody counted them."""
    match unit:
        case "characters":
            return len(text)
        case "words":
            return len(text.split())
        case "tokens":
            return num_tokens


class LengthJudge(RuleJudge):
    """The response's length lies within bounds."""

    type: Literal["length"] = "length"
    minimum: int = Field(default=0, ge=0, le=bounds.CHARACTERS)
    """Smallest length allowed."""
    maximum: int | None = Field(default=None, ge=1, le=bounds.CHARACTERS)
    """Largest length allowed."""
    unit: Unit = "words"
    """What is counted."""

    @model_validator(mode="after")
    def _ordered(self) -> "LengthJudge":
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"maximum {self.maximum} is below minimum {self.minimum}")
        return self

    def rule(self, case: Case) -> Ruling:
        """Bounds are inclusive. Abstains when tokens are asked for and nobody counted them."""
        length = measure(self.unit, case.response, case.num_tokens)
        if length is None:
            return abstained("tokens not counted")
        if length < self.minimum:
            return violated(f"{length} {self.unit}, at least {self.minimum} asked")
        if self.maximum is not None and length > self.maximum:
            return violated(f"{length} {self.unit}, at most {self.maximum} asked")
        return SATISFIED

    @property
    def limit_s(self) -> float:
        return COUNTING_S
