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
        asking = [task.method.needs.asking for task in self.tasks]
        samples = sum(
            task.prompts_per_step * task.samples_per_prompt * (how.of if how else 1)
            for task, how in zip(self.tasks, asking, strict=True)
        )
        if samples > bounds.SAMPLES_PER_STEP:
            raise ValueError(
                f"a step would sample {samples} responses, at most {bounds.SAMPLES_PER_STEP} can be held: lower "
                "`prompts_per_step` or `samples_per_prompt`"
            )
        if any(asking) and self.rollout.max_staleness:
            raise ValueError(
                "`asking` chooses by the labels of all steps before, and with `rollout.max_staleness` a step begins "
                "while those of the last are still missing: leave out one"
            )
        return self
