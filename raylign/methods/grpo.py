"""GRPO, Group Relative Policy Optimization: DeepSeekMath (arXiv 2402.03300), section 4.1.

    R_i = r(s,a_i) + bonus * [a_i satisfies every judge]
    A_i = ( R_i - mean_j R_j ) / std_j R_j      over the K samples of one prompt

The field's usual choice, for comparison: what judges say is at most a part of the reward, never a constraint. With a
bonus of 0 they are not heard at all. The deviation is the population's; where all rewards are equal, A = 0.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import pstdev
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, centered, raw_reward
from raylign.objective import Objective
from raylign.types import Group, Sample

EPSILON = 1e-4
"""Added to the deviation: nearly equal rewards must not become large advantages."""


class GRPO(Method):
    """Group Relative Policy Optimization (arXiv 2402.03300), for comparison: judges constrain nothing."""

    type: Literal["grpo"] = "grpo"
    clip: float = Field(default=0.2, gt=0, lt=1)
    """The ratio of new to sampling probability counts within 1 - clip and 1 + clip."""
    beta: float = Field(default=0.04, ge=0, le=bounds.FACTOR)
    """Weight of the KL penalty per token."""
    judge_bonus: float = Field(default=0.0, ge=0, le=bounds.FACTOR)
    """Added to the reward of a response that satisfies every judge. 0: judges are asked and reported, no more."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, compares="several")

    @property
    def objective(self) -> Objective:
        settings = {"clip": self.clip, "beta": self.beta}
        return Objective(loss="raylign.losses.group_relative:GroupRelative", settings=settings, over_tokens="mean")

    def moves(self, term: Term) -> bool:
        """Always, where the penalty stands beside the advantage."""
        return self.beta > 0 or super().moves(term)

    def select(self, groups: Sequence[Group]) -> Selection:
        """All samples with a reward, and with a verdict where verdicts count, of prompts with two or more of them."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            samples = []
            for sample in group.samples:
                if sample.reward is None:
                    skips[f"reward {sample.reward_problem}"] += 1
                elif self.judge_bonus and sample.satisfied is None:
                    skips["abstained"] += 1
                else:
                    samples.append(sample)
            if len(samples) > 1:
                chosen.append((group, tuple(samples)))
            else:
                skips["no group"] += 1
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Advantages within each prompt's group."""
        terms = []
        for group, samples in selection.chosen:
            rewards = [self._reward(sample) for sample in samples]
            deviation = pstdev(rewards)
            terms += [
                Term(group=group, samples=(sample,), coefficient=difference / (deviation + EPSILON))
                for sample, difference in zip(samples, centered(rewards), strict=True)
            ]
        return Chosen(terms=terms)

    def _reward(self, sample: Sample) -> float:
        return raw_reward(sample) + (self.judge_bonus if sample.satisfied else 0.0)
