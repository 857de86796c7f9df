"""A reward that is told by what is known: the shorter the better."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign.rewards.reward import KnownPart
from raylign.types import Completion, Prompt
from raylign.verdicts import Verdict


class BrevityReward(KnownPart):
    """1 for an empty response, halved with every ``half`` tokens."""

    type: Literal["brevity"] = "brevity"
    half: int = Field(default=32, ge=1, le=4096)
    """Tokens."""

    def tell(self, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict]) -> float:
        return float(0.5 ** (len(completion.token_ids) / self.half))
