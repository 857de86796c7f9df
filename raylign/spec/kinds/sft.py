"""Supervised finetuning: a policy learns to answer as the demonstrations of a file do."""

from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.imitation import Imitation
from raylign.spec.held_out import HeldOut
from raylign.spec.job import Job
from raylign.spec.written_task import AnsweredTask
from raylign.types import Layout


class DemonstrationTask(AnsweredTask):
    """One file of demonstrations. Reward and judges are for the evaluation: nothing else hears them."""

    samples_per_prompt: Literal[1] = 1
    """The demonstration."""
    per: Literal["response", "token"] = "token"
    """What counts alike in its loss. token: every token of the step's responses, so the loss is their mean in nats.
    response: every response, the sum over its tokens."""
    method: Imitation = Imitation()
    """The likelihood of responses; prompts are only read."""


class SFT(Job):
    """Supervised finetuning on demonstrations, without a reference."""

    kind: Literal["sft"] = "sft"
    """What sort of job it is. sft: the policy learns from prompts with their answers."""
    tasks: tuple[DemonstrationTask, ...] = Field(min_length=1, max_length=bounds.TASKS)
    """One or more files of demonstrations; each step takes one batch of every task."""
    evaluation: HeldOut = HeldOut()
    """Before/after measurement: loss and perplexity of held-out demonstrations, and sampling where asked for."""

    @property
    def source(self) -> str:
        return "raylign.sources.demonstrations:demonstrations"

    @property
    def layout(self) -> Layout:
        """A prompt has one response: nothing is gained by reading it apart."""
        return "flush"
