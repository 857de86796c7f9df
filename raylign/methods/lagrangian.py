"""The Lagrangian control: constrained GRPO (Girgis et al., arXiv 2602.05863), each judge a constraint with a price.

    maximise E r   subject to   E C_k <= d_k,     C_k = 1 where judge k is violated, else 0

    A_i       = Z_i(r) - sum_k lambda_k Z_i(C_k)            Z: less the mean, over the deviation, within a prompt
    lambda_k <- min( max( lambda_k + rate (mean C_k - d_k), 0 ), ceiling )        after every step

Advantages are combined, not rewards: normalised together, the deviation of one would change what the others weigh. Its
loss is GRPO's. Where CGPO gives a violating response nothing, here it may be bought, at a price that rises until the
share of violations is what it is to be. The weight of the reward is 1, whatever the multipliers.

A prompt's costs are those of the judges that it has. Every judge is asked about every response.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Annotated, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.judge import Judge
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, centered, raw_reward, standardized
from raylign.objective import Objective
from raylign.types import Group, Memory, Sample


class Lagrangian(Method):
    """A multiplier for each judge, raised while it is violated more often than its target (arXiv 2602.05863)."""

    type: Literal["lagrangian"] = "lagrangian"
    target: float = Field(default=0.1, ge=0, lt=1)
    """``d``: the share of responses that may violate a judge."""
    targets: Mapping[str, Annotated[float, Field(ge=0, lt=1)]] = Field(default_factory=dict, max_length=bounds.JUDGES)
    """By judge's label, where it is another."""
    rate: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """What a multiplier gains in a step in which all responses violate and none may."""
    initial: float = Field(default=1.0, ge=0, le=bounds.FACTOR)
    """Every multiplier's first value. At 1 a violation weighs what the reward does."""
    ceiling: float = Field(default=10.0, gt=0, le=bounds.FACTOR)
    """A multiplier's largest value: a target that cannot be met must not drown the reward."""
    normalize: bool = True
    """False: advantages are differences of reward and cost, so a multiplier is a price in units of the reward."""
    clip: float = Field(default=0.2, gt=0, lt=1)
    """The ratio of new to sampling probability counts within 1 - clip and 1 + clip."""
    beta: float = Field(default=0.04, ge=0, le=bounds.FACTOR)
    """Weight of the KL penalty per token."""

    @property
    def needs(self) -> Needs:
        return Needs(reward=True, compares="several", every_verdict=True)

    @property
    def objective(self) -> Objective:
        settings = {"clip": self.clip, "clip_high": self.clip, "beta": self.beta}
        return Objective(loss="raylign.losses.group_relative:GroupRelative", settings=settings, over_tokens="mean")

    def fits(self, judges: Sequence[Judge]) -> None:
        if not judges:
            raise ValueError("method 'lagrangian' holds each judge to a target: add `judges`")
        labels = [judge.label for judge in judges]
        for label in self.targets:
            if label not in labels:
                raise ValueError(f"`targets` names {label!r}, and the judges are {', '.join(labels)}")

    def moves(self, term: Term) -> bool:
        """Always, where the penalty stands beside the advantage."""
        return self.beta > 0 or super().moves(term)

    def select(self, groups: Sequence[Group]) -> Selection:
        """All samples with a reward and the word of every judge, of prompts with two or more of them."""
        chosen, skips = [], Counter[str]()
        for group in groups:
            samples = []
            for sample in group.samples:
                if sample.reward is None:
                    skips[f"reward {sample.reward_problem}"] += 1
                elif any(verdict.satisfied is None for verdict in sample.verdicts):
                    skips["abstained"] += 1
                else:
                    samples.append(sample)
            if len(samples) > 1:
                chosen.append((group, tuple(samples)))
            else:
                skips["no group"] += 1
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Advantages at the multipliers as the last step left them, and the multipliers as this one does."""
        samples = [sample for _, members in selection.chosen for sample in members]
        shares = {label: fmean(costs(samples, label)) for label in labels(samples)}
        multipliers = dict.fromkeys(shares, self.initial) | dict(selection.memory)
        terms = [
            Term(group=group, samples=(sample,), coefficient=advantage)
            for group, members in selection.chosen
            for sample, advantage in zip(members, self._advantages(members, multipliers), strict=True)
        ]
        return Chosen(
            terms=terms,
            memory=multipliers | {label: self._raised(label, multipliers[label], shares[label]) for label in shares},
            figures={
                **{f"multiplier/{label}": multiplier for label, multiplier in multipliers.items()},
                **{f"violated/{label}": share for label, share in shares.items()},
            },
        )

    def _advantages(self, members: Sequence[Sample], multipliers: Memory) -> list[float]:
        """Of one prompt's samples."""
        scaled = standardized if self.normalize else centered
        advantages = scaled([raw_reward(sample) for sample in members])
        for label in labels(members):
            dear = scaled(costs(members, label))
            advantages = [have - multipliers[label] * cost for have, cost in zip(advantages, dear, strict=True)]
        return advantages

    def _raised(self, label: str, multiplier: float, share: float) -> float:
        """The multiplier after a step in which that share of responses violated its judge."""
        return min(max(multiplier + self.rate * (share - self.targets.get(label, self.target)), 0.0), self.ceiling)


def labels(samples: Sequence[Sample]) -> list[str]:
    """Of the judges that had a word on them, each once."""
    return sorted({verdict.judge for sample in samples for verdict in sample.verdicts})


def costs(samples: Sequence[Sample], label: str) -> list[float]:
    """``C`` of that judge, of the samples that it had a word on."""
    words = (verdict for sample in samples for verdict in sample.verdicts if verdict.judge == label)
    return [float(not verdict.satisfied) for verdict in words]
