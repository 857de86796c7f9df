"""Rated: a policy learns from the responses of a file, several to a prompt, by their rewards' values."""

from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.vcb import VCB
from raylign.spec.held_out import HeldOut
from raylign.spec.job import Job
from raylign.spec.written_task import WrittenTask


class RatedTask(WrittenTask):
    """One file of rated responses. Reward and judges are for the evaluation: nothing else hears them."""

    samples_per_prompt: int = Field(default=4, ge=2, le=bounds.SAMPLES_PER_PROMPT)
    """Responses taken of each row, from the first; of rows with fewer all."""
    method: VCB = VCB()
    """How rewards become a gradient. sigma is the deviation of a row's rewards, of those not taken too; its responses
    should be the reference's."""

    @property
    def brings_rewards(self) -> bool:
        return True


class RatedHeldOut(HeldOut):
    """Before/after: loss and slope of rated rows that nobody trains on, and responses where asked for."""

    @property
    def needs_answers(self) -> bool:
        """None of the rows has a golden one; and ``eval_prompts`` may be prompts alone, of which only the policy's
        responses are measured."""
        return False


class Rated(Job):
    """Alignment on files of rated responses: nothing is sampled but for an evaluation, where one is asked for."""

    kind: Literal["rated"] = "rated"
    """What sort of job it is. rated: the policy learns from responses of a file and their rewards."""
    tasks: tuple[RatedTask, ...] = Field(min_length=1, max_length=bounds.TASKS)
    """One or more files of rated responses; each step takes one batch of every task."""
    evaluation: RatedHeldOut = RatedHeldOut()
    """Before/after: loss and slope on rows held out, and by sampling where asked for."""

    @property
    def source(self) -> str:
        return "raylign.sources.rated:rated"
