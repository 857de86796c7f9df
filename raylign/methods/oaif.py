"""OAIF, online AI feedback: Guo et al., "Direct Language Model Alignment from Online AI Feedback" (arXiv 2402.04792).

Two responses of the current policy, an annotator asked in both orders, a direct-alignment loss on (better, worse). The
winner is the first response if p >= 1/2: a hard label. Identical responses are skipped without asking.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from raylign.acquisition.acquisition import Asking
from raylign.judges.kinds import AnyAnnotator
from raylign.methods.losses.pairwise import DPO
from raylign.methods.method import Needs
from raylign.methods.of_pairs import OfPairs
from raylign.methods.selection import Selection
from raylign.methods.sparsepo import MaPO, SparsePO
from raylign.methods.tdpo import TDPO
from raylign.objective import Objective
from raylign.types import Group


class OAIF(OfPairs):
    """Online AI feedback (arXiv 2402.04792): two samples, an annotator, a direct-alignment loss."""

    type: Literal["oaif"] = "oaif"
    annotator: AnyAnnotator
    """Who says which response is better."""
    token_level: Annotated[TDPO | MaPO | SparsePO, Field(discriminator="type")] | None = None
    """A token-level loss in the place of ``loss``, with its own settings: ``{type: sparsepo, beta: 0.1}``. The
    reference is then read beside the policy."""

    asking: Asking | None = None
    """Ask only about the pairs of a step that tell most, of more that are sampled (ADPO, arXiv 2503.01076)."""

    @property
    def objective(self) -> Objective:
        return self.token_level.objective if self.token_level else self.loss.objective

    def ailing(self, measured: Mapping[str, float]) -> str:
        return self.token_level.ailing(measured) if self.token_level else ""

    @property
    def needs(self) -> Needs:
        loss = self.loss
        return Needs(
            compares="two",
            annotator=self.annotator,
            reference=loss.needs_reference,
            present=loss.reads_present,
            asking=self.asking,
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
        if self.asking and not self.loss.needs_reference:
            raise ValueError(
                "`asking` goes by what the reference makes of responses, and the loss has none: leave out one"
            )
        if self.token_level and (self.beta is not None or self.loss != DPO()):
            raise ValueError("`token_level` is the loss, with its own `beta`: leave out `loss` and `beta`")
        return self
