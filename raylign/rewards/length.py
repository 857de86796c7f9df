"""Length as a reward: near to a target, or in proportion."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.rules.length import Unit, measure
from raylign.rewards.raters import Value
from raylign.rewards.reward import KnownPart
from raylign.types import Completion, Prompt
from raylign.verdicts import Verdict


class LengthReward(KnownPart):
    """How long a response is: ``target`` rewards one length, ``per`` pays by it, or charges with a ``weight`` below 0.

    A policy finds what is cheapest to count: one that is paid by words repeats itself, one that is paid by characters
    writes long ones.
    """

    type: Literal["length"] = "length"
    unit: Unit = "words"
    """What is counted. Tokens are the policy's, its end token among them; words are parted by spaces."""
    target: int | None = Field(default=None, ge=1, le=bounds.CHARACTERS)
    """Gives 1 at this length, and less by how far a response is from it: 0 from ``within`` on."""
    within: int | None = Field(default=None, ge=1, le=bounds.CHARACTERS)
    """How far from ``target`` the reward reaches; as far as the target itself where absent."""
    per: int | None = Field(default=None, ge=1, le=bounds.CHARACTERS)
    """Gives 1 for every so many."""

    @model_validator(mode="after")
    def _one_shape(self) -> "LengthReward":
        if (self.target is None) == (self.per is None):
            raise ValueError("a reward of type 'length' has either a `target` or a `per`: give one of them")
        if self.within is not None and self.target is None:
            raise ValueError("`within` is how far from a `target` the reward reaches: leave it out, or give a `target`")
        return self

    def tell(self, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict]) -> Value:
        """``max(0, 1 - |length - target| / within)``, or ``length / per``."""
        length = measure(self.unit, completion.text, len(completion.token_ids))
        if self.per is not None:
            return length / self.per
        assert self.target is not None  # one of them stands
        return max(0.0, 1 - abs(length - self.target) / (self.within or self.target))
