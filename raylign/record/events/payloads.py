"""What an event may say: a payload of one of these kinds.

A new kind is a class here and a word in `Payload`; who has something to show of it reads its attributes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter

from raylign import bounds
from raylign.record.events.demand import ENDED, MEASURED, NOTHING, NUMBERED, Ending
from raylign.record.events.planned import Part, PlannedActor, PlannedTask
from raylign.record.events.reading import MOST_PARTS, Count, Else, Number, Numbers, Place, Seconds, Step, Text
from raylign.record.events.tasks import ShownSample, TaskEvaluation, TaskStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What happens or is waited for right now."""

    kind: ClassVar = "status"
    demand: ClassVar = NOTHING

    phase: Text
    detail: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBegun:
    """The next stage of a recipe, or one that goes on: what follows is said of it."""

    kind: ClassVar = "stage"
    demand: ClassVar = NOTHING

    recipe: Text
    """Its name."""
    stage: Text
    job: Text
    """Its kind."""
    number: Count
    """From 1."""
    stages: Count
    """Of the recipe."""


class PlanMade(Part):
    """What the job resolved to, and where it runs."""

    kind: ClassVar = "plan"
    demand: ClassVar = NOTHING

    job: Text
    """Its name."""
    steps: Count
    device: Text
    tasks: Annotated[tuple[PlannedTask, ...], Field(max_length=MOST_PARTS), Else(tuple)]
    actors: Annotated[tuple[PlannedActor, ...], Field(max_length=MOST_PARTS), Else(tuple)]
    samples_per_step: Count
    tokens_per_step: Count
    """Of prompts and responses, at most about."""
    microbatches_per_step: Count
    """About, over all ranks."""
    checkpoint_bytes: Number
    """Estimate; None where it is not known."""
    max_staleness: Count
    job_id: Text
    dashboard: Text
    """Its address, where there is one."""
    run_dir: Text
    stage: Text
    """Of a recipe, in its events; empty in those of a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationDone:
    """The policy measured on fixed prompts: before training (step 0), during, after (the last step)."""

    kind: ClassVar = "evaluation"
    demand: ClassVar = MEASURED

    step: Step
    """Steps made before it."""
    tasks: Annotated[Mapping[str, TaskEvaluation], Field(max_length=bounds.TASKS), Else(dict, wrong="raise")]
    stage: Text = ""
    """Of a recipe, in its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What the trainer says of a step."""

    loss: Number
    grad_norm: Number
    """Before clipping."""
    learning_rate: Number
    logprob_gap_max: Number
    """Largest difference of a token's log-prob, trainer to sampler."""
    logprob_gap_mean: Number
    padding: Number
    """Share of the batch area."""
    grad_norm_by_task: Numbers = field(default_factory=dict)
    """Of each task's part of the gradient, before clipping."""
    loss_metrics: Annotated[Mapping[str, Numbers], Else(dict)] = field(default_factory=dict)
    """By task, what its loss says of itself by name: a clip share, a margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A step; numbered from 0."""

    kind: ClassVar = "step"
    demand: ClassVar = MEASURED

    step: Step
    steps: Count
    """Of the run."""
    version: Count
    """Of the weights after it."""
    staleness: Count
    tasks: Annotated[Mapping[str, TaskStep], Field(max_length=bounds.TASKS), Else(dict, wrong="raise")]
    train: Annotated[
        Trained | None,
        BeforeValidator(lambda train: train or None),
        PlainSerializer(lambda train: TRAINED.dump_python(train, mode="json") if train else {}),
        Else(lambda: None),
    ]
    """None, as ``{}`` on the wire, where there was nothing to learn from."""
    seconds: Annotated[Mapping[str, Seconds], Else(dict)]
    """By phase."""
    step_s: Number
    tokens: Count
    """Of all responses."""
    tokens_per_s: Number
    stage: Text = ""
    """Of a recipe, in its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesShown:
    """Some of a step's responses, for people to read."""

    kind: ClassVar = "samples"
    demand: ClassVar = NUMBERED

    step: Step
    tasks: Annotated[
        Mapping[str, Annotated[tuple[ShownSample, ...], Field(max_length=MOST_PARTS)]],
        Field(max_length=bounds.TASKS),
        Else(dict),
    ]
    stage: Text = ""
    """Of a recipe, in its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSaved:
    """A checkpoint, committed."""

    kind: ClassVar = "checkpoint"
    demand: ClassVar = NUMBERED

    step: Step
    """Steps made before it."""
    path: Text
    """Its directory, or its URL."""
    seconds: Number = None
    """For which training stood still for it: written, uploaded where it is in a store, committed."""
    stage: Text = ""
    """Of a recipe, in its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What somebody should know."""

    kind: ClassVar = "warning"
    demand: ClassVar = NOTHING

    message: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """Where a tracker keeps the run's curves."""

    kind: ClassVar = "tracker"
    demand: ClassVar = NOTHING

    tracker: Text
    """Its type."""
    link: Text
    """An address, or what to type on the driver's machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """Where else the result is."""

    kind: ClassVar = "pushed"
    demand: ClassVar = NOTHING

    address: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused:
    """An attempt gave its resources back; the run goes on later, from its last checkpoint."""

    kind: ClassVar = "paused"
    demand: ClassVar = NUMBERED

    step: Step
    """Steps made, and made again by nobody."""
    message: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """How an attempt came to its end."""

    kind: ClassVar = "end"
    demand: ClassVar = ENDED

    state: Ending
    message: Text
    model: Place
    report: Place


Payload = (
    Status
    | StageBegun
    | PlanMade
    | EvaluationDone
    | StepDone
    | SamplesShown
    | CheckpointSaved
    | Warned
    | Tracked
    | Pushed
    | RunPaused
    | RunEnded
)

KINDS: Mapping[str, type[Payload]] = {payload.kind: payload for payload in get_args(Payload)}
ADAPTERS: Mapping[str, TypeAdapter[Payload]] = {kind: TypeAdapter(payload) for kind, payload in KINDS.items()}
TRAINED = TypeAdapter(Trained)


def wire(payload: Payload) -> dict[str, Any]:
    """The payload as plain data. A stage is told of where there is one."""
    data: dict[str, Any] = ADAPTERS[payload.kind].dump_python(payload, mode="json")
    return {key: value for key, value in data.items() if (key, value) != ("stage", "")}


def of_stage(payload: Payload, stage: str) -> Payload:
    """The payload as a recipe says it of a stage, where it is one that many of its stages may say."""
    match payload:
        case PlanMade():
            return payload.model_copy(update={"stage": stage})
        case EvaluationDone() | StepDone() | SamplesShown() | CheckpointSaved():
            return replace(payload, stage=stage)
    return payload


def read(kind: str, data: Mapping[str, Any]) -> Payload | None:
    """The payload that ``data`` is; None of a kind that is not known here.

    Raises `pydantic.ValidationError` where its kind's ``demand`` is not met.
    """
    return ADAPTERS[kind].validate_python(data) if kind in ADAPTERS else None
