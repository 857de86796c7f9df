"""Reward models: a number for every response, learned from comparisons of a file."""

from typing import Literal

from pydantic import Field, model_validator

from raylign import bounds
from raylign.methods.bradley_terry import BradleyTerry
from raylign.spec.held_out import HeldOut
from raylign.spec.job import Job
from raylign.spec.written_task import AnsweredTask
from raylign.types import Layout


class ComparisonTask(AnsweredTask):
    """One file of comparisons."""

    samples_per_prompt: Literal[2] = 2
    """A comparison's."""
    method: BradleyTerry = BradleyTerry()
    """How comparisons become a gradient."""

    @model_validator(mode="after")
    def _nobody_is_heard(self) -> "ComparisonTask":
        if self.judges or self.reward:
            raise ValueError("a reward model writes nothing to be judged or rewarded: leave out `judges` and `reward`")
        return self


class ComparisonsHeldOut(HeldOut):
    """Before/after, on comparisons that nobody trains on."""

    prompts: Literal[0] = 0
    """A reward model answers none."""


class RewardModel(Job):
    """A reward model on the policy's backbone, by Bradley-Terry: what ``reward: {model: ...}`` of a task takes."""

    kind: Literal["reward_model"] = "reward_model"
    """What sort of job it is. reward_model: a head on the policy's backbone learns from comparisons."""
    tasks: tuple[ComparisonTask, ...] = Field(min_length=1, max_length=bounds.TASKS)
    """One or more files of comparisons; each step takes one batch of every task."""
    evaluation: ComparisonsHeldOut = ComparisonsHeldOut()
    """Before/after measurement: loss, accuracy and calibration on held-out comparisons."""

    @property
    def source(self) -> str:
        return "raylign.sources.comparisons:comparisons"

    @property
    def rates(self) -> bool:
        return True

    @property
    def layout(self) -> Layout:
        """A conversation is read to its end; nothing in it begins anew."""
        return "flush"

    @model_validator(mode="after")
    def _the_head_is_trained(self) -> "RewardModel":
        if self.policy.lora is not None:
            raise ValueError("a reward model's head is new and must be trained whole: leave out `policy.lora`")
        return self
