"""What passes between a method's two halves and the loop."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import TypeAlias

from raylign.types import Completion, Group, Key, Memory, Prompt, Sample

EPSILON = 1e-4
"""Added to a deviation: nearly equal values must not become large advantages."""

Scores: TypeAlias = Mapping[Key, tuple[float, ...]]
"""Log-probs of every response token, the reference's where nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The first half's word: groups that take part, the samples of each, and the skipped by reason."""

    chosen: Sequence[tuple[Group, tuple[Sample, ...]]]
    """What the samples mean is the method's: candidates, or a (chosen, rejected) pair."""
    beside: Sequence[tuple[Prompt, Completion]] = ()
    """Responses whose log-probs it asks for besides, and that are not trained on."""
    skips: Counter[str] = field(default_factory=Counter)
    present: Scores = field(default_factory=dict)
    """Log-probs under the weights about to be trained, put here by the loop where the method `Needs.present` ones."""
    memory: Memory = field(default_factory=dict)
    """What the method last said that it is to know (`Chosen.memory`), put here by the loop; empty before it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One loss term: one sample, (chosen, rejected), or all of a prompt's, and its constants."""

    group: Group
    samples: tuple[Sample, ...]
    coefficient: float = 1.0
    targets: tuple[float, ...] = ()
    """One of each sample, where the loss takes one: the log-ratio asked of it, nats, up to one constant a term."""
    credit: tuple[float, ...] = ()
    """Of every token of its one sample, in the constant's place; empty where all of them have the constant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The second half's word. The task's loss is the mean over ``terms``, those included whose constant is 0."""

    terms: list[Term]
    skips: Counter[str] = field(default_factory=Counter)
    calibrated: tuple[float, ...] = ()
    """R_calib of the samples that have one; only looked at."""
    memory: Memory = field(default_factory=dict)
    """What the method is to know in the task's next step. It is kept with the checkpoint, so a run resumes with it."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What the method says of itself in the step, by name; only looked at."""


def sound(groups: Sequence[Group], problem: Callable[[Group], str]) -> Selection:
    """The groups of rows as they are, but those that ``problem`` says a reason against, which are counted by it."""
    chosen, skips = [], Counter[str]()
    for group in groups:
        if reason := problem(group):
            skips[reason] += 1
        else:
            chosen.append((group, group.samples))
    return Selection(chosen=chosen, skips=skips)


def centered(values: Sequence[float]) -> list[float]:
    """Each value less the mean of all. Exactly 0 where all are equal: a rounded mean would leave a gradient of noise,
    which AdamW scales up."""
    if not values:
        return []
    mean = min(max(fmean(values), min(values)), max(values))
    return [value - mean for value in values]


def standardized(values: Sequence[float]) -> list[float]:
    """`centered`, over the population's deviation."""
    deviation = pstdev(values) if values else 0.0
    return [difference / (deviation + EPSILON) for difference in centered(values)]


def raw_reward(sample: Sample) -> float:
    """The reward of a sample that was chosen for having one."""
    assert sample.reward is not None
    return sample.reward


def log_ratio(sample: Sample, scores: Scores) -> float:
    """``log pi(a|s) / ref(a|s)`` of the whole response: summed over tokens, not divided by length."""
    return sample.completion.logprob - sum(scores[sample.completion.key])
