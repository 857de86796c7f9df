"""Annotators: who says which of two responses is better (OAIF, arXiv 2402.04792)."""

from typing import ClassVar, Literal

from raylign.judges.askers import Question
from raylign.settings import Spec
from raylign.types import Preference, Sample


class Annotator(Spec):
    """What every annotator has."""

    needs_reward: ClassVar[bool] = False
    """Whether it goes by the task's reward model."""

    type: str

    def asks(self) -> tuple[Question, ...]:
        """What it has to ask of models; nothing where `prefer` tells by what is known."""
        return ()

    def prefer(self, first: Sample, second: Sample) -> Preference:
        """Its word on two responses, where it has nothing to ask."""
        raise NotImplementedError


class RewardAnnotator(Annotator):
    """The task's reward model in the annotator's place: prefers the response with the higher reward."""

    needs_reward: ClassVar = True

    type: Literal["reward"] = "reward"

    def prefer(self, first: Sample, second: Sample) -> Preference:
        """Certain, but for a tie: that is no preference."""
        if first.reward is None or second.reward is None:
            return Preference(probability=None, reason="reward abstained")
        if first.reward == second.reward:
            return Preference(probability=None, reason="tie")
        return Preference(probability=float(first.reward > second.reward))
