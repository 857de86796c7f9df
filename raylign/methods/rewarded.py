"""What the policy gradients have in common that follow a reward and hold nothing as a constraint.

    R_i = r(s,a_i) + bonus * [a_i satisfies every judge]

What judges say is at most a part of the reward. With a bonus of 0 they are not heard at all.
"""

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Selection, raw_reward
from raylign.types import Group, Sample


class Rewarded(Method):
    """A method on every response's reward. Samples are held against the others of their prompt."""

    judge_bonus: float = Field(default=0.0, ge=0, le=bounds.FACTOR)
    """Added to the reward of a response that satisfies every judge. 0: judges are asked and reported, no more."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, compares="several")

    def select(self, groups: Sequence[Group]) -> Selection:
        """All samples with a reward, and with a verdict where verdicts count, of prompts with enough of them."""
        chosen, skips = [], Counter[str]()
        fewest = 2 if self.needs.compares else 1
        for group in groups:
            samples = []
            for sample in group.samples:
                if sample.reward is None:
                    skips[f"reward {sample.reward_problem}"] += 1
                elif self.judge_bonus and sample.satisfied is None:
                    skips["abstained"] += 1
                else:
                    samples.append(sample)
            if len(samples) >= fewest:
                chosen.append((group, tuple(samples)))
            else:
                skips["no group"] += 1
        return Selection(chosen=chosen, skips=skips)

    def reward_of(self, sample: Sample) -> float:
        """``R`` of a sample that was selected."""
        return raw_reward(sample) + (self.judge_bonus if sample.satisfied else 0.0)
