"""CODPO, Constrained Online DPO: CGPO (arXiv 2409.20370), section 4.2.

    a+ = argmax over X+ of r,   a- = argmin over X- of r      (raw reward r)
    loss (eq. 15, signs put right) = -[ log sigmoid( beta h ) + (lambda/|a+|) log pi(a+) ]

No satisfying response: skip the prompt. No violating response: a- is the lowest-reward response of all; if that is a+
itself (also by a tie), skip. Masks choose the sets; they never multiply a reward, whose sign is arbitrary.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, raw_reward
from raylign.objective import Objective
from raylign.types import Group


class CODPO(Method):
    """Constrained Online DPO (CGPO, eq. 15): best satisfying against worst violating response."""

    type: Literal["codpo"] = "codpo"
    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """Strength of the pull to the reference."""
    likelihood_weight: float = Field(default=0.1, ge=0, le=bounds.FACTOR)
    """``lambda``: weight of the length-normalised log-likelihood of the winner."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, compares="several")

    @property
    def objective(self) -> Objective:
        settings = {"beta": self.beta, "likelihood_weight": self.likelihood_weight}
        return Objective(loss="raylign.losses.pairwise:RegularizedDPO", settings=settings)

    def select(self, groups: Sequence[Group]) -> Selection:
        """One (a+, a-) pair for each prompt that has one."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            usable = [sample for sample in group.samples if sample.satisfied is not None and sample.reward is not None]
            skips["abstained"] += len(group.samples) - len(usable)
            satisfying = [sample for sample in usable if sample.satisfied]
            violating = [sample for sample in usable if not sample.satisfied]
            if not satisfying:
                skips["none satisfied"] += 1
                continue
            winner = max(satisfying, key=raw_reward)
            loser = min(violating or satisfying, key=raw_reward)
            if not violating and raw_reward(winner) == raw_reward(loser):
                skips["no contrast"] += 1
                continue
            chosen.append((group, (winner, loser)))
        return Selection(chosen=chosen, skips=+skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Pairs as they are: KL is held by beta alone."""
        return Chosen(terms=[Term(group=group, samples=samples) for group, samples in selection.chosen])
