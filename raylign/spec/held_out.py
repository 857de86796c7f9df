"""The evaluation of jobs whose responses a file holds."""

from pydantic import Field

from raylign import bounds
from raylign.spec.parts import Evaluation


class HeldOut(Evaluation):
    """Before/after, on rows that nobody trains on: the method's own measure of them, and responses where asked for."""

    prompts: int = Field(default=0, ge=0, le=bounds.EVAL_PROMPTS)
    """Prompts of each task that the policy answers, for judges and reward. 0: none."""
    rows: int = Field(default=128, ge=0, le=bounds.EVAL_PROMPTS)
    """Rows of each task, with their answers, that the method's own measure is taken of. 0: none."""

    @property
    def answers(self) -> int:
        return self.rows
