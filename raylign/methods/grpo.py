"""GRPO, Group Relative Policy Optimization: DeepSeekMath (arXiv 2402.03300), section 4.1.

    R_i = r(s,a_i) + bonus * [a_i satisfies every judge]
    A_i = ( R_i - mean_j R_j ) / std_j R_j      over the K samples of one prompt

The field's usual choice, for comparison: what judges say is at most a part of the reward, never a constraint. With a
bonus of 0 they are not heard at all. The deviation is the population's; where all rewards are equal, A = 0.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import pstdev

from raylign.methods.selection import Chosen, Scores, Selection, Term, centered
from raylign.types import Group, Sample

EPSILON = 1e-4
"""Added to the deviation: nearly equal rewards must not become large advantages."""


def select(groups: Sequence[Group], *, judge_bonus: float) -> Selection:
    """All samples with a reward, and with a verdict where verdicts count, of prompts with two or more of them."""
    chosen, skips = [], Counter[str]()
    for group in groups:
        samples = []
        for sample in group.samples:
            if sample.reward is None:
                skips[f"reward {sample.reward_problem}"] += 1
            elif judge_bonus and sample.satisfied is None:
                skips["abstained"] += 1
            else:
                samples.append(sample)
        if len(samples) > 1:
            chosen.append((group, tuple(samples)))
        else:
            skips["no group"] += 1
    return Selection(chosen=chosen, skips=skips)


def weigh(selection: Selection, scores: Scores, *, judge_bonus: float) -> Chosen:
    """Advantages within each prompt's group."""
    terms = []
    for group, samples in selection.chosen:
        rewards = [_reward(sample, judge_bonus) for sample in samples]
        deviation = pstdev(rewards)
        terms += [
            Term(group=group, samples=(sample,), coefficient=difference / (deviation + EPSILON))
            for sample, difference in zip(samples, centered(rewards), strict=True)
        ]
    return Chosen(terms=terms)


def _reward(sample: Sample, judge_bonus: float) -> float:
    assert sample.reward is not None
    return sample.reward + (judge_bonus if sample.satisfied else 0.0)
