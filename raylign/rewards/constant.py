"""The same number for every response."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.rewards.raters import Value
from raylign.rewards.reward import KnownPart
from raylign.types import Completion, Prompt
from raylign.verdicts import Verdict


class ConstantReward(KnownPart):
    """The same for every response, so that the judges alone decide, in methods that hear them."""

    type: Literal["constant"] = "constant"
    value: float = Field(default=1.0, ge=-bounds.FACTOR, le=bounds.FACTOR)
    """The number."""

    def tell(self, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict]) -> Value:
        return self.value
