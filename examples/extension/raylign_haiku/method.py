"""Best-of-K imitation: of each prompt's satisfying responses the one of highest reward is made likelier.

L = - log pi(a*|s),   a* = argmax over X+ of r
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, raw_reward
from raylign.objective import Objective
from raylign.types import Group


class BestOf(Method):
    """Imitates the best of K."""

    type: Literal["best_of"] = "best_of"

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, compares="several")

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.likelihood:WeightedLikelihood", over_tokens="sum", corrects_stale=True)

    def select(self, groups: Sequence[Group]) -> Selection:
        chosen, skips = [], Counter[str]()
        for group in groups:
            good = [sample for sample in group.samples if sample.satisfied and sample.reward is not None]
            skips["no satisfied"] += not good
            if good:
                chosen.append((group, (max(good, key=raw_reward),)))
        return Selection(chosen=chosen, skips=+skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        return Chosen(terms=[Term(group=group, samples=samples) for group, samples in selection.chosen])
