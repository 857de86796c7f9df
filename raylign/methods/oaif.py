"""OAIF, online AI feedback: Guo et al., "Direct Language Model Alignment from Online AI Feedback" (arXiv 2402.04792).

Two responses of the current policy, an annotator asked in both orders, a direct-alignment loss on (better, worse). The
winner is the first response if p >= 1/2: a hard label. Identical responses are skipped without asking.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.kinds import AnyAnnotator
from raylign.methods.direct import LOSSES
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term
from raylign.objective import Objective
from raylign.types import Group


class OAIF(Method):
    """Online AI feedback (arXiv 2402.04792): two samples, an annotator, a direct-alignment loss."""

    type: Literal["oaif"] = "oaif"
    loss: Literal["dpo", "ipo", "slic"] = "dpo"
    """Which pairwise loss."""
    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """The loss's beta. The paper uses 0.1 for DPO, 1.0 for IPO, 0.002 for SLiC."""
    annotator: AnyAnnotator
    """Who says which response is better."""

    @property
    def needs(self) -> Needs:
        return Needs(compares="two", annotator=self.annotator)

    @property
    def objective(self) -> Objective:
        return Objective(loss=LOSSES[self.loss], settings={"beta": self.beta})

    def select(self, groups: Sequence[Group]) -> Selection:
        """One (winner, loser) pair for each prompt on which the annotator had a word."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            first, second = group.samples
            if first.completion.token_ids == second.completion.token_ids:
                skips["identical"] += 1
            elif group.preference is None or group.preference.probability is None:
                skips[f"annotator {group.preference.reason if group.preference else 'not asked'}"] += 1
            else:
                won = group.preference.probability >= 0.5
                chosen.append((group, (first, second) if won else (second, first)))
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Pairs as they are: the loss holds the policy to the reference."""
        return Chosen(terms=[Term(group=group, samples=samples) for group, samples in selection.chosen])
