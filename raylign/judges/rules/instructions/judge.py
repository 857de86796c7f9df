"""The precise-instruction judge: every checkable instruction of the prompt is followed (CGPO, section 6; IFEval)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from raylign import bounds

# For the kinds that they register.
from raylign.judges.rules.instructions import content, formats, keywords, language, lengths, letters  # noqa: F401
from raylign.judges.rules.instructions.registry import RequirementError, bind
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, abstained, violated


class InstructionsJudge(RuleJudge):
    """Every checkable instruction in ``metadata.if_requirements`` (IFEval's ids and arguments) is followed."""

    preload: ClassVar = ("raylign.judges.rules.instructions.detector",)

    type: Literal["instructions"] = "instructions"
    strict: bool = True
    """False also accepts the response without its first line, its last line, or its asterisks (IFEval's loose mode)."""
    timeout_s: float = Field(default=5.0, gt=0, le=bounds.JUDGE_S)
    """Limit for one response."""

    @property
    def needs(self) -> str:
        return "if_requirements"

    def rule(self, case: Case) -> Ruling:
        """Violated by the first instruction not followed.

        Reads ``metadata.if_requirements``, a list of ``{"id", "kwargs"}``, or IFEval's own ``instruction_id_list`` and
        ``kwargs``. Abstains where they are missing or malformed, or an instruction is of unknown kind.
        """
        try:
            results = follow(case.metadata, case.response, strict=self.strict)
        except RequirementError as error:
            return abstained(str(error))
        broken = [name for name, followed in results if not followed]
        return violated(f"not followed: {', '.join(broken)}") if broken else SATISFIED

    @property
    def limit_s(self) -> float:
        return self.timeout_s


def follow(metadata: Mapping[str, Any], response: str, *, strict: bool = True) -> list[tuple[str, bool]]:
    """``(id, followed)`` of every instruction, in order. Raises `RequirementError`.

    An empty response follows nothing. Not strict: one of IFEval's variants of the response suffices, instruction by
    instruction.
    """
    variants = [response] if strict else list(_variants(response))
    return [
        (name, any(bool(text.strip()) and check(text) for text in variants)) for name, check in _requirements(metadata)
    ]


def _requirements(metadata: Mapping[str, Any]) -> list[tuple[str, Callable[[str], bool]]]:
    wanted = metadata.get("if_requirements")
    if wanted is None:
        ids, arguments = metadata.get("instruction_id_list"), metadata.get("kwargs")
        if ids is None:
            raise RequirementError("no if_requirements in metadata")
        if not isinstance(ids, list | tuple) or not isinstance(arguments, list | tuple) or len(ids) != len(arguments):
            raise RequirementError("malformed instruction_id_list in metadata")
        wanted = [{"id": name, "kwargs": given} for name, given in zip(ids, arguments, strict=True)]
    if not isinstance(wanted, list | tuple) or not wanted:
        raise RequirementError("malformed if_requirements in metadata")
    return [_requirement(item) for item in wanted]


def _requirement(item: Any) -> tuple[str, Callable[[str], bool]]:
    match item:
        case {"id": str(name), **rest}:
            arguments = rest.get("kwargs") or {}
            if isinstance(arguments, Mapping):
                return name, bind(name, arguments)
    raise RequirementError("malformed if_requirements in metadata")


def _variants(response: str) -> Iterator[str]:
    """The response with and without its first line, its last line and its asterisks."""
    lines = response.split("\n")
    for part in (lines, lines[1:], lines[:-1], lines[1:-1]):
        text = "\n".join(part).strip() if part is not lines else response
        yield text
        yield text.replace("*", "")
