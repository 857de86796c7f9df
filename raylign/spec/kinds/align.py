"""Alignment: a policy learns from what judges and reward models say of its own responses."""

from typing import Literal

from pydantic import ConfigDict, model_validator

from raylign import bounds
from raylign.spec.job import Job


class Align(Job):
    """An alignment job."""

    model_config = ConfigDict(title="Job")  # the kind that a document need not name

    kind: Literal["align"] = "align"
    """What sort of job it is. align: the policy learns from feedback on its own responses."""

    @property
    def source(self) -> str:
        return "raylign.sources.online:online"

    @property
    def rolls_out(self) -> bool:
        return True

    @model_validator(mode="after")
    def _can_be_held(self) -> "Align":
        samples = sum(task.prompts_per_step * task.samples_per_prompt for task in self.tasks)
        if samples > bounds.SAMPLES_PER_STEP:
            raise ValueError(
                f"a step would sample {samples} responses, at most {bounds.SAMPLES_PER_STEP} can be held: lower "
                "`prompts_per_step` or `samples_per_prompt`"
            )
        return self
