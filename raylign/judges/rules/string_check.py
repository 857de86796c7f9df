"""The string check: the response against a reference text, by the four operations of OpenAI's grader of that name."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.judge import Text
from raylign.judges.rules.rule import COUNTING_S, Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, abstained, violated


class StringCheckJudge(RuleJudge):
    """The response equals a reference text, differs from it, or contains it."""

    type: Literal["string_check"] = "string_check"
    operation: Literal["eq", "ne", "like", "ilike"] = "eq"
    """Equal, not equal, contains the reference, or contains it whatever the case of the letters."""
    reference: Text | None = Field(default=None, min_length=1)
    """The text to compare with, the same for every prompt."""
    key: str = Field(default="answer", min_length=1, max_length=bounds.NAME)
    """The metadata key that holds the reference of each prompt, where there is no ``reference``."""
    strip: bool = False
    """Compare without the white space around both."""

    @model_validator(mode="after")
    def _one_reference(self) -> "StringCheckJudge":
        if self.reference is not None and "key" in self.model_fields_set:
            raise ValueError("`reference` is one text for all prompts and `key` says where each has its own: give one")
        blank = self.reference is not None and not self.reference.strip()
        if blank and self.strip and self.operation in ("like", "ilike"):
            raise ValueError(
                "`reference` is white space, and with `strip` nothing is left of it: every response contains that"
            )
        return self

    @property
    def needs(self) -> str | None:
        return self.key if self.reference is None else None

    def rule(self, case: Case) -> Ruling:
        """Abstains where the prompt's metadata hold no reference: a text that is not empty, or a number."""
        reference = self.reference if self.reference is not None else _written(case.metadata, self.key)
        if reference is None:
            known = case.metadata.get(self.key) is not None
            return abstained(f"malformed {self.key} in metadata" if known else f"no {self.key} in metadata")
        given = case.response
        if self.strip:
            given, reference = given.strip(), reference.strip()
        match self.operation:
            case "eq":
                return SATISFIED if given == reference else violated("not the reference")
            case "ne":
                return SATISFIED if given != reference else violated("the reference")
            case "like":
                return SATISFIED if reference in given else violated("reference not found")
            case "ilike":
                return SATISFIED if reference.casefold() in given.casefold() else violated("reference not found")

    @property
    def limit_s(self) -> float:
        return COUNTING_S


def _written(metadata: Mapping[str, Any], key: str) -> str | None:
    value = metadata.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        return None
    return str(value)
