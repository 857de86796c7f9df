"""The Python reward: a program of the job's own gives the number."""

from typing import Literal

from raylign.judges import sandbox
from raylign.judges.rules.grader import Grader
from raylign.judges.rules.rule import Case
from raylign.rewards.program import ProgramReward
from raylign.rewards.raters import Value


class PythonReward(Grader, ProgramReward):
    """What ``grade(sample, item)`` returns: a finite number; true counts 1, false 0. None and all else abstains."""

    type: Literal["python"] = "python"

    def value(self, case: Case) -> Value:
        grade = self.grade(case)
        return grade.reason if grade.value is None else float(grade.value)

    @property
    def limit_s(self) -> float:
        return self.grading_s

    @classmethod
    def require(cls, seconds: float) -> None:
        sandbox.require(seconds=seconds)
