"""VCB, Value-based Calibration: Mao et al., "Don't Forget Your Reward Values" (arXiv 2402.16030).

    L(s; a_i, a_j) = ( [h_i - h_j] - lambda [r_i - r_j] / sigma(s) )^2,   h = log pi(a|s) / ref(a|s)

The mean over all pairs of a prompt's K responses. Its optimum is ``pi = ref exp(lambda r / sigma(s)) / Z(s)``: rewards'
values count, not their order alone. sigma(s) is the deviation of the rewards of the reference's own responses to the
prompt, made before training, never that of the batch trained on.

Reconstructed: neither the paper's body nor code of its authors was to be had, and lambda, the number of responses, the
estimator of sigma and what to do where it is 0 are ours. sigma is the unbiased estimate; for a pool of one size the
other is a constant factor, which lambda takes.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean, stdev, variance
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, centered, raw_reward
from raylign.objective import Objective
from raylign.types import Group


class VCB(Method):
    """Value-based Calibration (arXiv 2402.16030, reconstructed): log-ratio gaps equal to normalised reward gaps."""

    type: Literal["vcb"] = "vcb"
    nats_per_sigma: float = Field(default=1.0, gt=0, le=bounds.FACTOR)
    """``lambda``: the gap of log-ratios asked of two responses whose rewards differ by one sigma. Small values hold the
    policy to the reference."""
    pool: int = Field(default=8, ge=2, le=bounds.SAMPLES_PER_PROMPT)
    """Samples of the reference for every prompt, made and rewarded once before training: sigma is their deviation. A
    file that holds rewarded responses is its own pool."""
    sigma_floor: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """Least sigma, in units of the reward: where the reference's rewards hardly differ, dividing by how much they do
    would ask for any gap. Prompts at the floor are counted."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, compares="all", pool=self.pool)

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.vcb:VCB")

    def select(self, groups: Sequence[Group]) -> Selection:
        """All samples with a reward, of prompts with a sigma and two or more of them that differ."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            samples = tuple(sample for sample in group.samples if sample.reward is not None)
            skips.update(f"reward {sample.reward_problem}" for sample in group.samples if sample.reward is None)
            if len(samples) < 2:
                skips["no group"] += 1
            elif len({sample.completion.token_ids for sample in samples}) == 1:
                skips["identical"] += 1
            elif len(group.pool) < 2:
                skips["no sigma"] += 1
            else:
                chosen.append((group, samples))
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """One term a prompt, of all its samples; counts those whose sigma was floored."""
        terms, skips = [], Counter[str]()
        for group, samples in selection.chosen:
            sigma = stdev(group.pool)
            if sigma < self.sigma_floor:
                sigma = self.sigma_floor
                skips["sigma floored"] += 1
            gaps = centered([raw_reward(sample) for sample in samples])
            targets = tuple(self.nats_per_sigma * gap / sigma for gap in gaps)
            terms.append(Term(group=group, samples=samples, targets=targets))
        return Chosen(terms=terms, skips=skips)

    def examine(self, selection: Selection, policy: Scores, reference: Scores) -> dict[str, float]:
        """``loss``, nats squared, and ``slope``, as the loss measures it."""
        losses, reached, asked = [], 0.0, 0.0
        for term in self.weigh(selection, reference).terms:
            keys = [sample.completion.key for sample in term.samples]
            ratios = [sum(policy[key]) - sum(reference[key]) for key in keys]
            losses.append(2 * variance(h - target for h, target in zip(ratios, term.targets, strict=True)))
            reached += sum(h * target for h, target in zip(ratios, term.targets, strict=True))
            asked += sum(target**2 for target in term.targets)
        return {"loss": fmean(losses), "slope": reached / asked} if asked else {}
