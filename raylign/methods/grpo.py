"""GRPO, Group Relative Policy Optimization: DeepSeekMath (arXiv 2402.03300), section 4.1.

    R_i = r(s,a_i) + bonus * [a_i satisfies every judge]
    A_i = ( R_i - mean_j R_j ) / std_j R_j      over the K samples of one prompt

The field's usual choice, for comparison: what judges say is at most a part of the reward, never a constraint. The
deviation is the population's; where all rewards are equal, A = 0.

Its usual options. Dr. GRPO (arXiv 2503.20783): ``normalize: false``, with the task's ``per: limit`` and ``beta: 0``.
DAPO (arXiv 2503.14476): ``clip_high: 0.28`` and ``drop_equal: true``, with the task's ``per: token`` and ``beta: 0``.
"""

from collections import Counter
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.rewarded import Rewarded
from raylign.methods.selection import Chosen, Scores, Selection, Term, centered, standardized
from raylign.objective import Objective


class GRPO(Rewarded):
    """Group Relative Policy Optimization (arXiv 2402.03300), for comparison: judges constrain nothing."""

    type: Literal["grpo"] = "grpo"
    clip: float = Field(default=0.2, gt=0, lt=1)
    """The ratio of new to sampling probability counts within 1 - clip and 1 + clip."""
    clip_high: float | None = Field(default=None, gt=0, le=bounds.FACTOR)
    """The upper side of the clip, where it is another: 1 + clip_high. DAPO: 0.28."""
    beta: float = Field(default=0.04, ge=0, le=bounds.FACTOR)
    """Weight of the KL penalty per token."""
    normalize: bool = True
    """False: advantages are not divided by the group's deviation, so a prompt does not count for more the less its
    rewards differ (Dr. GRPO)."""
    drop_equal: bool = False
    """True: a prompt whose rewards are all equal takes no part in the step, its penalty and its place in the mean
    included (DAPO's dynamic sampling, without the sampling of others in its place)."""

    @property
    def objective(self) -> Objective:
        high = self.clip if self.clip_high is None else self.clip_high
        settings = {"clip": self.clip, "clip_high": high, "beta": self.beta}
        return Objective(loss="raylign.losses.group_relative:GroupRelative", settings=settings, over_tokens="mean")

    def moves(self, term: Term) -> bool:
        """Always, where the penalty stands beside the advantage."""
        return self.beta > 0 or super().moves(term)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Advantages within each prompt's group."""
        terms, skips = [], Counter[str]()
        for group, samples in selection.chosen:
            rewards = [self.reward_of(sample) for sample in samples]
            if self.drop_equal and min(rewards) == max(rewards):
                skips["equal rewards"] += 1
                continue
            advantages = standardized(rewards) if self.normalize else centered(rewards)
            terms += [
                Term(group=group, samples=(sample,), coefficient=advantage)
                for sample, advantage in zip(samples, advantages, strict=True)
            ]
        return Chosen(terms=terms, skips=skips)
