"""The Python judge: a program of the job's own says whether a response satisfies."""

from typing import ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges import sandbox
from raylign.judges.rules.grader import Grader
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, Ruling, abstained, violated


class PythonJudge(Grader, RuleJudge):
    """``grade(sample, item)`` gives true, false, or None where it cannot tell; a number where there is a threshold."""

    # What hangs here is the grader or its sandbox, and is told as theirs.
    hang_violates: ClassVar = False

    type: Literal["python"] = "python"
    threshold: float | None = Field(default=None, ge=-bounds.NUMBER, le=bounds.NUMBER)
    """What a number must reach to satisfy. Without one a number is no verdict, and abstains."""

    def rule(self, case: Case) -> Ruling:
        """Abstains where the grader does, fails, or says something else."""
        grade = self.grade(case)
        match grade.value:
            case None:
                return abstained(grade.reason)
            case True:
                return SATISFIED
            case False:
                return violated("false")
        if self.threshold is None:
            return abstained("a number, and there is no threshold")
        return SATISFIED if grade.value >= self.threshold else violated("below the threshold")

    @property
    def limit_s(self) -> float:
        return self.grading_s

    @classmethod
    def require(cls, seconds: float) -> None:
        sandbox.require(seconds=seconds)
