"""Imitation, supervised finetuning: ``-log pi(a|s)`` of responses that somebody wrote, and nothing else."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term
from raylign.objective import Objective
from raylign.types import Group

MOST = 700.0
"""Nats whose exponential is a float."""


class Imitation(Method):
    """The likelihood of each prompt's responses, whoever made them."""

    type: Literal["imitation"] = "imitation"

    @property
    def needs(self) -> Needs:
        return Needs(reference=False)

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.likelihood:Likelihood", over_tokens="sum")

    def select(self, groups: Sequence[Group]) -> Selection:
        """Every response that says something."""
        spoken = [(group, tuple(one for one in group.samples if one.completion.text.strip())) for group in groups]
        selection = Selection(chosen=[(group, samples) for group, samples in spoken if samples])
        silent = sum(len(group.samples) - len(samples) for group, samples in spoken)
        if silent:
            selection.skips["empty response"] = silent
        return selection

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Each alike."""
        return Chosen(
            terms=[Term(group=group, samples=(one,)) for group, samples in selection.chosen for one in samples]
        )

    def examine(self, selection: Selection, policy: Scores, reference: Scores) -> dict[str, float]:
        """``loss``, the mean over all tokens in nats, and ``perplexity``, its exponential."""
        values = [value for _, samples in selection.chosen for one in samples for value in policy[one.completion.key]]
        if not values:
            return {}
        loss = -fmean(values)
        return {"loss": loss, "perplexity": math.exp(min(loss, MOST))}
