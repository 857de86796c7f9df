"""CRPG, Calibrated-Regularized Policy Gradient: CGPO (arXiv 2409.20370), section 4.1.

    eq. 8    R_cr = R_calib   if (s,a) satisfies every judge, else 0
    eq. 11   R~   = max{ 1 - log( pi(a|s)/ref(a|s) ) / KL_max , 0 } * R_cr
    eq. 12   g    = (1/n) sum_i grad log pi(s_i,a_i) * [ R~_i - mean_j R~_j ]

The baseline is the mean over the task's whole batch, all B*K samples; R~ is a constant. A violating sample has reward 0
and so an advantage of -mean <= 0: it is pushed down. Where nothing satisfies all advantages are 0: no gradient.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.calibration import baseline_problem, calibrated_reward, sigmoid
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, centered, log_ratio, raw_reward
from raylign.objective import Objective
from raylign.types import Group, Sample


def regularized_reward(r_cr: float, log_ratio: float, *, kl_max: float) -> float:
    """``R~`` (eq. 11). The factor exceeds 1 where the policy likes the response less than the reference does."""
    return max(1 - log_ratio / kl_max, 0.0) * r_cr


class CRPG(Method):
    """Calibrated-Regularized Policy Gradient (CGPO, eq. 8, 11, 12)."""

    type: Literal["crpg"] = "crpg"
    kl_max: float = Field(default=10.0, gt=0, le=bounds.FACTOR)
    """``KL_max``, nats per response: at this log-ratio the reward factor reaches 0."""
    calibrate: bool = True
    """False: ``sigmoid(r)`` in place of ``sigmoid(r - r(a_bar))``, no baseline response. An ablation."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, baseline=self.calibrate)

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.policy_gradient:PolicyGradient", over_tokens="sum", corrects_stale=True)

    @property
    def kl_limit(self) -> float:
        return self.kl_max

    def select(self, groups: Sequence[Group]) -> Selection:
        """All samples with a verdict; a satisfying one also needs its reward and, to calibrate it, the baseline's."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            problem = baseline_problem(group) if self.calibrate else None
            samples = []
            for sample in group.samples:
                if sample.satisfied is None:
                    skips["abstained"] += 1
                elif sample.satisfied and sample.reward is None:
                    skips[f"reward {sample.reward_problem}"] += 1
                elif sample.satisfied and problem is not None:
                    skips[problem] += 1
                else:
                    samples.append(sample)
            if samples:
                chosen.append((group, tuple(samples)))
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Advantages by eq. 8, 11 and 12; without calibration ``sigmoid(r)`` stands for R_calib."""
        members, rewards, calibrated = [], [], []
        for group, samples in selection.chosen:
            for sample in samples:
                r_cr = 0.0
                if sample.satisfied:
                    r_cr = self._calibrated(sample, group)
                    calibrated.append(r_cr)
                rewards.append(regularized_reward(r_cr, log_ratio(sample, scores), kl_max=self.kl_max))
                members.append((group, sample))
        terms = [
            Term(group=group, samples=(sample,), coefficient=advantage)
            for (group, sample), advantage in zip(members, centered(rewards), strict=True)
        ]
        return Chosen(terms=terms, calibrated=tuple(calibrated))

    def _calibrated(self, sample: Sample, group: Group) -> float:
        return calibrated_reward(sample, group.baseline) if self.calibrate else sigmoid(raw_reward(sample))
