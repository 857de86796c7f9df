"""TDPO, token-level direct preference optimisation: Zeng et al. 2024 (arXiv 2404.11999).

DPO's margin less the difference of the two responses' sequential KL, exact over the whole vocabulary: so each trainer
rank reads the reference beside the policy. The equations stand in `raylign/losses/tdpo.py`.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.direct import Direct
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection
from raylign.objective import Objective
from raylign.types import Group


class TokenLevel(Method):
    """What the token-level losses of pairs share: pairs as they come, and beta."""

    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """Strength of the pull to the reference."""

    @property
    def needs(self) -> Needs:
        return Needs(compares="two")

    def select(self, groups: Sequence[Group]) -> Selection:
        """The pairs that `Direct` takes."""
        return Direct().select(groups)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Pairs as they are: the loss holds the policy to the reference."""
        return Direct().weigh(selection, scores)

    def examine(self, selection: Selection, policy: Scores, reference: Scores) -> dict[str, float]:
        """DPO's margin and accuracy: without the KL, which only the trainer's ranks know."""
        return Direct().examine(selection, policy, reference)


class TDPO(TokenLevel):
    """Token-level DPO (arXiv 2404.11999): DPO with the sequential KL over the vocabulary."""

    type: Literal["tdpo"] = "tdpo"
    version: Literal[1, 2] = 2
    """The paper's TDPO1, or TDPO2, which weighs the KL by alpha and holds only the rejected response to it."""
    alpha: float = Field(default=0.5, ge=0, le=bounds.FACTOR)
    """Weight of the KL in TDPO2. 0 is DPO."""

    @property
    def objective(self) -> Objective:
        settings = {"beta": self.beta} | ({"alpha": self.alpha} if self.version == 2 else {})
        return Objective(
            loss=f"raylign.losses.tdpo:TDPO{self.version}", settings=settings, reads=frozenset({"divergence"})
        )
