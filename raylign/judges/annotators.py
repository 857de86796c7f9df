"""Annotators: who says which of two responses is better (OAIF, arXiv 2402.04792)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.settings import Spec
from raylign.types import Preference, Sample


class Annotator(Spec):
    """What every annotator has."""

    asked: ClassVar[bool] = True
    """Whether workers are asked, `raylign.workers.Judges.prefer`; else `prefer` tells by what is known."""
    needs_reward: ClassVar[bool] = False
    """Whether it goes by the task's reward model."""

    type: str

    def prefer(self, first: Sample, second: Sample) -> Preference:
        """Its word on two responses, where no worker is asked."""
        raise NotImplementedError


class LLMAnnotator(Annotator):
    """A language model asked which of two responses is better, in both orders; compares P("1") and P("2")."""

    type: Literal["llm"] = "llm"
    model: bounds.Model
    """A directory, or a hub id."""
    template: bounds.Template
    """Jinja template over ``prompt`` (of several turns: all of them), ``messages``, ``first``, ``second`` and
    ``metadata``."""
    first: bounds.Answer = "1"
    """Token that votes for the first response. Must be one token."""
    second: bounds.Answer = "2"
    """Token that votes for the second response. Must be one token."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two tokens together have less probability than this in either order."""


class RewardAnnotator(Annotator):
    """The task's reward model in the annotator's place: prefers the response with the higher reward."""

    asked: ClassVar = False
    needs_reward: ClassVar = True

    type: Literal["reward"] = "reward"

    def prefer(self, first: Sample, second: Sample) -> Preference:
        """Certain, but for a tie: that is no preference."""
        if first.reward is None or second.reward is None:
            return Preference(probability=None, reason="reward abstained")
        if first.reward == second.reward:
            return Preference(probability=None, reason="tie")
        return Preference(probability=float(first.reward > second.reward))


AnyAnnotator = Annotated[LLMAnnotator | RewardAnnotator, Field(discriminator="type")]
