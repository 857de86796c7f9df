"""CRRAFT, Calibrated-Regularized Reward Ranking Finetuning: CGPO (arXiv 2409.20370), section 4.3.

    eq. 17   a* = argmax of r over { a in X+ : log pi(a|s)/ref(a|s) <= KL_max }
    eq. 18   w <- w + alpha (1/n) sum_i R_calib(s_i,a*_i) grad log pi(s_i,a*_i)

None left: a_bar, if it passes all judges (it is not asked to pass the KL filter; its weight is sigmoid(0) = 0.5), else
skip the prompt.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.calibration import baseline_problem, calibrated_reward
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, log_ratio, raw_reward
from raylign.objective import Objective
from raylign.types import Group


class CRRAFT(Method):
    """Calibrated-Regularized Reward Ranking Finetuning (CGPO, eq. 17, 18)."""

    type: Literal["crraft"] = "crraft"
    kl_max: float = Field(default=10.0, gt=0, le=bounds.FACTOR)
    """``KL_max``, nats per response: samples with a larger log-ratio are not considered."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, baseline=True, judged_baseline=True)

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.likelihood:WeightedLikelihood", over_tokens="sum", corrects_stale=True)

    @property
    def kl_limit(self) -> float:
        return self.kl_max

    def select(self, groups: Sequence[Group]) -> Selection:
        """X+ of each prompt, followed by a_bar where it satisfies: the candidates the reference must score."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            problem = baseline_problem(group)
            if problem is not None:
                skips[problem] += 1
                continue
            assert group.baseline is not None
            skips["abstained"] += sum(sample.satisfied is None for sample in group.samples)
            candidates = [sample for sample in group.samples if sample.satisfied and sample.reward is not None]
            fallback = [group.baseline] if group.baseline.satisfied else []
            if not candidates and not fallback:
                skips["none satisfied"] += 1
                continue
            chosen.append((group, (*candidates, *fallback)))
        return Selection(chosen=chosen, skips=+skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """a* of each prompt and its calibrated reward."""
        terms, skips, calibrated = [], Counter[str](), []
        for group, candidates in selection.chosen:
            assert group.baseline is not None
            near = [a for a in candidates if a is not group.baseline and log_ratio(a, scores) <= self.kl_max]
            if near:
                best = max(near, key=raw_reward)
            elif candidates[-1] is group.baseline:
                best = group.baseline
                skips["baseline taken"] += 1
            else:
                skips["beyond KL_max"] += 1
                continue
            weight = calibrated_reward(best, group.baseline)
            calibrated.append(weight)
            terms.append(Term(group=group, samples=(best,), coefficient=weight))
        return Chosen(terms=terms, skips=skips, calibrated=tuple(calibrated))
