"""What readers look at in a plan. It is passed on whole: what a plan says besides is kept, here and on the wire."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from raylign.record.events.reading import Count, Else, Number, Text


class Part(BaseModel):
    """Of a plan."""

    model_config = ConfigDict(extra="allow", frozen=True)


class PlannedTask(Part):
    """One task in numbers."""

    name: Text
    method: Text
    judges: Annotated[tuple[str, ...], Else(tuple)]
    """Their labels."""
    reward: Text
    """What its reward is, in a few words; empty where it has none."""
    prompts_per_step: Count
    samples_per_prompt: Count
    samples: Count
    """Responses per step."""
    weight: Number
    kl_max: Number
    """Nats, where the method has a limit."""


class PlannedActor(Part):
    """One actor."""

    name: Text
    """``rollout/3``."""
    cpus: Number
    gpus: Number
    threads: Count
    model: Text
    """Model it holds; several are joined with commas."""
    memory_bytes: Number
    """Estimate; None where it is not known."""
