"""REINFORCE++: Hu et al. (arXiv 2501.03262). Advantages of tokens, normalised over the task's whole batch.

    R_i   = r(s,a_i) + bonus * [a_i satisfies every judge]
    A_it  = R_i - beta sum_{u >= t} log( mu(a_iu)/ref(a_iu) )        mu: the weights that sampled
    A_it <- ( A_it - mean A ) / std A        over all tokens of all responses of the step

in GRPO's clipped ratio. There is no group: one response to a prompt is enough. ``baseline: true`` is the paper's
second form: R_i less the mean of its prompt's, before the batch is normalised. ``kl: loss`` leaves the KL out of the
reward, and puts GRPO's penalty beside it.
"""

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import fmean
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Needs
from raylign.methods.rewarded import Rewarded
from raylign.methods.selection import EPSILON, Chosen, Scores, Selection, Term, centered
from raylign.objective import Objective
from raylign.types import Completion


class ReinforcePP(Rewarded):
    """REINFORCE++ (arXiv 2501.03262): the reward and what is to come of the KL, normalised over the batch."""

    type: Literal["reinforce_pp"] = "reinforce_pp"
    clip: float = Field(default=0.2, gt=0, lt=1)
    """The ratio of new to sampling probability counts within 1 - clip and 1 + clip."""
    beta: float = Field(default=0.01, ge=0, le=bounds.FACTOR)
    """Weight of the KL, per nat of a token."""
    kl: Literal["reward", "loss"] = "reward"
    """Where the KL stands. reward: each token answers for its own log-ratio and those after it. loss: a penalty beside
    the advantage, as GRPO's."""
    baseline: bool = False
    """True: a reward counts by its difference from the mean of its prompt's (REINFORCE++-baseline)."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, compares="several" if self.baseline else None)

    @property
    def objective(self) -> Objective:
        settings = {"clip": self.clip, "clip_high": self.clip, "beta": self.beta if self.kl == "loss" else 0.0}
        return Objective(loss="raylign.losses.group_relative:GroupRelative", settings=settings, over_tokens="mean")

    def moves(self, term: Term) -> bool:
        """Always, where the penalty stands beside the advantage."""
        return (self.kl == "loss" and self.beta > 0) or super().moves(term)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Advantages of every token."""
        members, advantages = [], []
        for group, samples in selection.chosen:
            rewards = [self.reward_of(sample) for sample in samples]
            for sample, reward in zip(samples, centered(rewards) if self.baseline else rewards, strict=True):
                members.append((group, sample))
                advantages.append([reward - cost for cost in self._costs(sample.completion, scores)])
        terms = [
            Term(group=group, samples=(sample,), credit=tuple(credit))
            for (group, sample), credit in zip(members, normalized(advantages), strict=True)
        ]
        return Chosen(terms=terms)

    def _costs(self, completion: Completion, scores: Scores) -> list[float]:
        """Of each token: beta times its own log-ratio and those to come."""
        if self.kl == "loss":
            return [0.0] * len(completion.token_ids)
        ratios = [own - other for own, other in zip(completion.logprobs, scores[completion.key], strict=True)]
        return [self.beta * ratio for ratio in accumulate(reversed(ratios))][::-1]


def normalized(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Mean 0 and deviation 1 over the values of all rows; exactly 0 where all are equal."""
    differences = centered([value for row in rows for value in row])
    # Not `standardized`, whose deviation is exact: of all tokens of a step that would take seconds.
    deviation = math.sqrt(fmean(difference**2 for difference in differences)) if differences else 0.0
    left = iter(differences)
    return [[next(left) / (deviation + EPSILON) for _ in row] for row in rows]
