"""OAIF, online AI feedback: Guo et al., "Direct Language Model Alignment from Online AI Feedback" (arXiv 2402.04792).

Two responses of the current policy, an annotator asked in both orders, a direct-alignment loss on (better, worse). The
winner is the first response if p >= 1/2: a hard label. Identical responses are skipped without asking.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import model_validator

from raylign.judges.kinds import AnyAnnotator
from raylign.methods.method import Needs
from raylign.methods.of_pairs import OfPairs
from raylign.methods.selection import Selection
from raylign.types import Group


class OAIF(OfPairs):
    """Online AI feedback (arXiv 2402.04792): two samples, an annotator, a direct-alignment loss."""

    type: Literal["oaif"] = "oaif"
    annotator: AnyAnnotator
    """Who says which response is better."""

    @property
    def needs(self) -> Needs:
        loss = self.loss
        return Needs(
            compares="two",
            annotator=self.annotator,
            reference=loss.needs_reference,
            present=loss.reads_present,
        )

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

    @model_validator(mode="after")
    def _its_pairs_have_no_row(self) -> Self:
        if self.loss.reads_margin:
            raise ValueError(f"{self.loss.type} reads the `margin` of each pair of a file, and here pairs are sampled")
        return self
