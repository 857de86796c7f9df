"""The code judge: the single code block passes every unit test (CGPO, section 6)."""

import ast
from typing import Any, ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges import allowance, sandbox
from raylign.judges.rules.fences import code_blocks
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, abstained, violated

_LANGUAGES = ("", "python", "py", "python3")


class CodeJudge(RuleJudge):
    """The response's single fenced code block passes all of ``metadata.unit_tests``, run in a sandbox."""

    # Programs have a limit of their own, within the sandbox: what hangs here is the sandbox.
    hang_violates: ClassVar = False

    type: Literal["code"] = "code"
    timeout_s: float = Field(default=5.0, gt=0, le=bounds.JUDGE_S)
    """Wall-clock limit for one response's tests. Running longer is a violation: the program is wrong."""
    memory_mb: int = Field(default=256, ge=32, le=bounds.MEGABYTES)
    """Address-space limit of each of its processes; the operator bounds that of all (`raylign.judges.allowance`)."""
    processes: int = Field(default=16, ge=1, le=bounds.PROCESSES)
    """Limit on processes and threads of the program."""
    output_kb: int = Field(default=64, ge=1, le=bounds.OUTPUT_KB)
    """Output beyond this many KiB is cut."""

    @property
    def needs(self) -> str:
        return "unit_tests"

    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where programs may take more than is allowed."""
        allowance.require(memory_mb=self.memory_mb, processes=self.processes, whose=whose)

    def rule(self, case: Case) -> Ruling:
        """Abstains where ``metadata.unit_tests`` (a list of statements, or one text) is missing or no Python.

        With ``metadata.entry_point``, the tests define ``check(candidate)`` and it is called on that name (HumanEval).
        """
        tests = unit_tests(case.metadata)
        if isinstance(tests, str):
            return abstained(tests)
        blocks = code_blocks(case.response)
        if len(blocks) != 1:
            return violated("no code block" if not blocks else "more than one code block")
        language, program = blocks[0]
        if language.lower() not in _LANGUAGES:
            return violated("code block is not Python")
        limits = sandbox.Limits(
            wall_s=self.timeout_s, memory_mb=self.memory_mb, processes=self.processes, output_kb=self.output_kb
        )
        outcome = sandbox.run(program, tests, limits)
        return SATISFIED if outcome.passed else violated(outcome.reason)

    @property
    def limit_s(self) -> float:
        return self.timeout_s + sandbox.START_S + 5

    @classmethod
    def require(cls, seconds: float) -> None:
        sandbox.require(seconds=seconds)


def unit_tests(metadata: Any) -> list[str] | str:
    """The tests as sources to run in order, or the reason why there are none."""
    tests, entry_point = metadata.get("unit_tests"), metadata.get("entry_point")
    if tests is None:
        return "no unit_tests in metadata"
    sources = [tests] if isinstance(tests, str) else tests
    if not isinstance(sources, list | tuple) or not all(
        isinstance(source, str) and source.strip() for source in sources
    ):
        return "malformed unit_tests in metadata"
    if not sources:
        return "no unit_tests in metadata"
    sources = list(sources)
    if entry_point is not None:
        if not isinstance(entry_point, str) or not entry_point.isidentifier():
            return "malformed entry_point in metadata"
        sources.append(f"check({entry_point})")
    return sources if all(map(_is_python, sources)) else "malformed unit_tests in metadata"


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
