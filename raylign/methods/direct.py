"""Direct alignment: a loss on (better, worse) pairs that are there already, and on nothing else.

DPO (Rafailov et al. 2023, arXiv 2305.18290), IPO (Azar et al. 2023, arXiv 2310.12036), SLiC (Zhao et al. 2023,
arXiv 2305.10425). Whoever makes the groups says which of two responses is the better one: it stands first.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term
from raylign.objective import Objective
from raylign.types import Group

LOSSES = {
    "dpo": "raylign.losses.pairwise:DPO",
    "ipo": "raylign.losses.pairwise:IPO",
    "slic": "raylign.losses.pairwise:SLiC",
}
"""Of pairs, by the names that jobs give them."""


class Direct(Method):
    """A direct-alignment loss on the pairs of a file."""

    type: Literal["direct"] = "direct"
    loss: Literal["dpo", "ipo", "slic"] = "dpo"
    """Which pairwise loss."""
    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """The loss's beta. Usual are 0.1 for DPO, 1.0 for IPO, 0.002 for SLiC."""

    @property
    def needs(self) -> Needs:
        return Needs(compares="two")

    @property
    def objective(self) -> Objective:
        return Objective(loss=LOSSES[self.loss], settings={"beta": self.beta})

    def select(self, groups: Sequence[Group]) -> Selection:
        """Every pair of two responses that differ and say something."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            if problem := _problem(group):
                skips[problem] += 1
            else:
                chosen.append((group, group.samples))
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Pairs as they are: the loss holds the policy to the reference."""
        return Chosen(terms=[Term(group=group, samples=samples) for group, samples in selection.chosen])


def _problem(group: Group) -> str:
    """Why no loss has anything to say of it."""
    responses = [sample.completion for sample in group.samples]
    if len(responses) < 2:
        return "no rejected response"
    if not all(response.text.strip() for response in responses):
        return "empty response"
    better, worse = responses
    return "identical" if better.token_ids == worse.token_ids else ""
