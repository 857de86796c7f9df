"""Nash-MD: Munos et al., "Nash Learning from Human Feedback" (arXiv 2312.00886), its policy gradient.

    A_i = P(a_i > mix) - 1/2 - tau log( pi(a_i|s)/ref(a_i|s) ),      g = mean of A_i grad log pi(s,a_i)

    mix = pi^(1-m) ref^m / Z      the opponent: a geometric mixture of policy and reference, over responses

No engine samples from the mixture. Since mix is proportional to pi (ref/pi)^m, the other responses of the prompt,
weighed by w_j = (ref/pi)^m (a_j), stand for it (self-normalised importance sampling):

    P(a_i > mix) ~ sum_{j != i} w_j sigmoid(R_i - R_j) / sum_{j != i} w_j,      R = r + bonus * [satisfies every judge]

with preferences by Bradley and Terry from the reward. The paper and TRL mix next-token distributions as they sample.
"""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.calibration import sigmoid
from raylign.methods.rewarded import Rewarded
from raylign.methods.selection import Chosen, Scores, Selection, Term, log_ratio
from raylign.objective import Objective


class NashMD(Rewarded):
    """Nash-MD (arXiv 2312.00886): each response against a mixture of policy and reference."""

    type: Literal["nash_md"] = "nash_md"
    mixture: float = Field(default=0.125, ge=0, le=1)
    """``m``: the reference's part in the opponent. 0: the policy against itself; 1: against the reference."""
    tau: float = Field(default=0.008, ge=0, le=bounds.FACTOR)
    """What a nat of log-ratio to the reference takes from the chance to win."""

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.policy_gradient:PolicyGradient", over_tokens="sum", corrects_stale=True)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Each response's chance against the others of its prompt, less its distance from the reference."""
        terms = []
        for group, samples in selection.chosen:
            ratios = [log_ratio(sample, scores) for sample in samples]
            rewards = [self.reward_of(sample) for sample in samples]
            leads = leads_of(rewards, [-self.mixture * ratio for ratio in ratios])
            terms += [
                Term(group=group, samples=(sample,), coefficient=lead - self.tau * ratio)
                for sample, lead, ratio in zip(samples, leads, ratios, strict=True)
            ]
        return Chosen(terms=terms)


def leads_of(rewards: Sequence[float], log_weights: Sequence[float]) -> list[float]:
    """``P - 1/2`` of each against the others, these weighed; exactly 0 where all rewards are equal."""
    leads = []
    for index, reward in enumerate(rewards):
        others = [at for at in range(len(rewards)) if at != index]
        largest = max(log_weights[at] for at in others)
        weights = [math.exp(log_weights[at] - largest) for at in others]
        won = math.fsum(
            weight * (sigmoid(reward - rewards[at]) - 0.5) for weight, at in zip(weights, others, strict=True)
        )
        leads.append(won / math.fsum(weights))
    return leads
