"""RLOO, REINFORCE leave-one-out: Ahmadian et al., "Back to Basics" (arXiv 2402.14740).

    R_i = r(s,a_i) + bonus * [a_i satisfies every judge] - beta log( pi(a_i|s)/ref(a_i|s) )
    A_i = R_i - 1/(K-1) sum_{j != i} R_j        over the K samples of one prompt
    g   = mean over all samples of A_i grad log pi(s,a_i)

The action is the response: no clip, no critic, nothing by token. The others' mean is a baseline that does not depend on
the response itself, so the gradient is unbiased; A_i is K/(K-1) times the difference from the mean of all.
"""

from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.rewarded import Rewarded
from raylign.methods.selection import Chosen, Scores, Selection, Term, centered, log_ratio
from raylign.objective import Objective


class RLOO(Rewarded):
    """REINFORCE leave-one-out (arXiv 2402.14740): each response against the mean of its prompt's others."""

    type: Literal["rloo"] = "rloo"
    beta: float = Field(default=0.05, ge=0, le=bounds.FACTOR)
    """What a nat of log-ratio to the reference takes from a response's reward."""

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.policy_gradient:PolicyGradient", over_tokens="sum", corrects_stale=True)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Advantages within each prompt's group."""
        terms = []
        for group, samples in selection.chosen:
            rewards = [self.reward_of(sample) - self.beta * log_ratio(sample, scores) for sample in samples]
            left_out = len(samples) / (len(samples) - 1)
            terms += [
                Term(group=group, samples=(sample,), coefficient=left_out * difference)
                for sample, difference in zip(samples, centered(rewards), strict=True)
            ]
        return Chosen(terms=terms)
