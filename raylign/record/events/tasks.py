"""What is measured of a task, in a step and in an evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from raylign.record.events.reading import MOST_PARTS, Count, Counts, Else, Known, Number, Numbers, Text, Texts, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFigures:
    """What one judge said of a task's responses, and how long it took."""

    satisfied: Count
    """Responses."""
    violated: Count
    """By its own word."""
    abstained: Counts
    """By reason, whatever its abstentions count as; the rarest reasons are one, `others`."""
    spared: Count
    """Responses that it was not asked about, for another judge had decided."""
    mean_s: Number = field(compare=False)
    """Seconds for one response, mean; None where it was asked about none."""
    p95_s: Number = field(compare=False)
    """What 95 in 100 took at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMetrics:
    """Shares of responses, and means over responses; None where the task has none."""

    satisfied: Number
    """Share that satisfies all judges."""
    abstained: Number
    truncated: Number
    """Share cut off at the length limit."""
    reward: Number
    rewards: Numbers
    """By label: each part of a reward that has several, before it is weighed."""
    kl: Number
    """Nats per response against the reference."""
    tokens: Number
    """Length of a response."""
    prompts: Known
    """How many there were."""
    judges: Numbers
    """By label: share satisfied."""
    asked: Annotated[Mapping[str, Known], Else(dict)]
    """By label: prompts on which it had a word."""
    verdicts: Annotated[Mapping[str, JudgeFigures], Field(max_length=MOST_PARTS), Else(dict)]
    """By label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A response, token by token, and what each counts for in the task's loss."""

    tokens: Annotated[tuple[Text, ...], Field(max_length=MOST_PARTS), Else(tuple)]
    weights: Annotated[tuple[Number, ...], Field(max_length=MOST_PARTS), Else(tuple)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryFigures:
    """Of the canaries that one judge was asked about in a step."""

    asked: Count
    agreement: Number
    """Share of them on which it said what is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStep(TaskMetrics):
    """Of what a step trained on."""

    calibrated: Number
    """Mean calibrated reward."""
    examples: Count
    """Terms of the loss."""
    skips: Counts
    """Prompts and samples left out, by reason."""
    canaries: Annotated[Mapping[str, CanaryFigures], Field(max_length=MOST_PARTS), Else(dict)]
    """By label, of judges that were asked about some."""
    method: Numbers = field(default_factory=dict)
    """What the task's method says of itself, by name: a multiplier."""
    weighed: Annotated[tuple[Weighed, ...], Field(max_length=MOST_PARTS), Else(tuple)] = ()
    """Of a loss that weighs tokens, the responses of one of its examples, in steps that show samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSample:
    """A response that people may look at."""

    prompt: Text
    response: Text
    satisfied: Truth
    reward: Number
    verdicts: Texts
    """By judge: its reason, or its word."""
    rulings: Annotated[Mapping[str, Truth], Else(dict)]
    """By judge: whether it is satisfied; None where it abstained."""
    rewards: Texts
    """By part of a reward that has several, or gave no number: what it gave, or why it gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvaluation(TaskMetrics):
    """Of the evaluation's own prompts."""

    pass_at: Numbers
    """By k: the chance that one of k responses satisfies all judges."""
    samples: Annotated[tuple[ShownSample, ...], Field(max_length=MOST_PARTS), Else(tuple)]
    held_out: Numbers
    """What the method told of held-out responses of a file, by name."""
