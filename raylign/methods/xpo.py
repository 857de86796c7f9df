"""XPO, Exploratory Preference Optimization: Xie et al. (arXiv 2405.21046), Algorithm 1.

Each response of the policy is held against one of the reference, a_bar, and the better one is the one with the higher
reward:

    loss = -log sigmoid( beta (h(better) - h(worse)) ) + alpha log pi(a_bar|s),      h = log( pi/ref )

The last term is optimism: it takes probability from what the reference would say anyway, and so leads elsewhere. A tie
is no preference. The paper samples a_bar anew in every iteration; here it is one sample for every prompt, made once.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.calibration import baseline_problem
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, raw_reward
from raylign.objective import Objective
from raylign.types import Group, Sample


class XPO(Method):
    """Exploratory Preference Optimization (arXiv 2405.21046): online DPO against the reference, with optimism."""

    type: Literal["xpo"] = "xpo"
    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """Strength of the pull to the reference."""
    alpha: float = Field(default=1e-5, ge=0, le=bounds.FACTOR)
    """Strength of optimism, per nat of the reference's response. 0: online DPO against the reference."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, baseline=True, sampled_baseline=True)

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.xpo:XPO", settings={"beta": self.beta, "alpha": self.alpha})

    def select(self, groups: Sequence[Group]) -> Selection:
        """All samples that are better or worse than ``a_bar``, followed by it."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            if problem := baseline_problem(group):
                skips[problem] += 1
                continue
            assert group.baseline is not None
            samples = []
            for sample in group.samples:
                if problem := _problem(sample, group.baseline):
                    skips[problem] += 1
                else:
                    samples.append(sample)
            if samples:
                chosen.append((group, (*samples, group.baseline)))
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Pairs of (response, ``a_bar``), the constant being 1 where the response is the better one, else -1."""
        terms = []
        for group, (*samples, baseline) in selection.chosen:
            for sample in samples:
                better = raw_reward(sample) > raw_reward(baseline)
                terms.append(Term(group=group, samples=(sample, baseline), coefficient=1.0 if better else -1.0))
        return Chosen(terms=terms)


def _problem(sample: Sample, baseline: Sample) -> str:
    """Why nothing is to be learnt of the two."""
    if sample.reward is None:
        return f"reward {sample.reward_problem}"
    if sample.completion.token_ids == baseline.completion.token_ids:
        return "identical"
    return "tie" if sample.reward == baseline.reward else ""
