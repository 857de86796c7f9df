"""What a job says of a grader: a program of its own, written out or in a file beside the job's."""

import ast
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, model_validator

from raylign import bounds
from raylign.errors import SpecError
from raylign.files import open_regular
from raylign.judges import allowance, graders
from raylign.judges.rules.rule import Case
from raylign.settings import Spec


class Grader(Spec):
    """Settings of kinds that grade by ``grade(sample, item)``, in OpenAI's form.

    ``sample`` holds ``output_text``, ``output_json`` (None where it is no JSON object or list), ``num_tokens`` and
    ``choices``; ``item`` the row's metadata, and its ``prompt``. A file is read where the job's own is, and is part of
    the job from then on: whoever gets the job needs no file, and a later edit changes no run.
    """

    apart: ClassVar = True

    source: Annotated[str, Field(max_length=bounds.SOURCE)] = ""
    """The program. It defines ``grade``, and runs in a sandbox of its own, with Python's standard library."""
    path: bounds.Data | None = None
    """A file that holds it, instead."""
    timeout_s: float = Field(default=2.0, gt=0, le=bounds.JUDGE_S)
    """Wall-clock limit for one response."""
    memory_mb: int = Field(default=256, ge=64, le=bounds.MEGABYTES)
    """Address-space limit of each of its processes; the operator bounds that of all (`raylign.judges.allowance`)."""
    processes: int = Field(default=4, ge=1, le=bounds.PROCESSES)
    """Limit on processes and threads while a response is graded."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, document: Any, info: ValidationInfo) -> Any:
        if not isinstance(document, dict) or not isinstance(path := document.get("path"), str):
            return document
        if document.get("source"):
            raise ValueError("`source` is the grader and `path` a file that holds it: give one")
        root = (info.context or {}).get("root")
        if root is None:
            raise ValueError(
                "`path` is a file beside the job's, and this job came without one: send the grader as `source`"
            )
        return {**document, "source": _text(Path(root) / Path(path).expanduser()), "path": None}

    @model_validator(mode="after")
    def _given(self) -> "Grader":
        if not self.source.strip():
            raise ValueError("give the grader as `source`, or name a file that holds it as `path`")
        return self

    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where the program is no Python, defines no ``grade``, or may take more than is allowed."""
        allowance.require(memory_mb=self.memory_mb, processes=self.processes, whose=whose)
        try:
            body = ast.parse(self.source).body
        except SyntaxError as error:
            raise SpecError(f"the grader of {whose} is no Python: {error.msg} in its line {error.lineno}") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise SpecError(f"the grader of {whose} is no Python: {type(error).__name__}") from None
        if not any(_defines_grade(statement) for statement in body):
            raise SpecError(f"the grader of {whose} defines no `grade(sample, item)`: that is what is called")

    @property
    def grading_s(self) -> float:
        """Longest that one response takes, a new sandbox for it too."""
        return 2 * self.timeout_s + graders.START_S + 5

    def grade(self, case: Case) -> graders.Grade:
        """The grader's word on a response."""
        sample = {
            "output_text": case.response,
            "num_tokens": case.num_tokens,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": case.response}}],
        }
        program = graders.Program(
            source=self.source, timeout_s=self.timeout_s, memory_mb=self.memory_mb, processes=self.processes
        )
        return graders.grade(program, sample, {**case.metadata, "prompt": case.prompt})


def _text(path: Path) -> str:
    """Raises `ValueError` where it is no file of text, or a large one."""
    try:
        with open_regular(path) as file:
            found = file.read(4 * bounds.SOURCE + 1)
        text = found.decode("utf-8")
    except OSError as error:
        raise ValueError(f"cannot read the grader {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the grader {str(path)!r} is no text in UTF-8") from None
    if control := bounds.UNPRINTABLE.search(text):
        raise ValueError(
            f"the grader {str(path)!r} has the character U+{ord(control[0]):04X} at position {control.start()}, which "
            "no job may hold: write it as an escape"
        )
    return text


def _defines_grade(statement: ast.stmt) -> bool:
    """As a function, or as a name given to one."""
    match statement:
        case ast.FunctionDef(name="grade"):
            return True
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Name) and target.id == "grade" for target in targets)
        case ast.ImportFrom(names=names):
            return any((alias.asname or alias.name) == "grade" for alias in names)
    return False
