"""What the API says of a job."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, FailFast, Field, model_validator

from raylign.record.events import Event
from raylign.record.events.payloads import KINDS
from raylign.record.events.reading import MOST
from raylign.service.store import AttemptRecord, AttemptState, Dossier, State
from raylign.service.store.states import Desired

MOST_REPORTED = 5_000
"""Events of one report."""


class AttemptView(BaseModel):
    """One attempt: one Ray job. Times are Unix seconds."""

    n: int
    submission_id: str
    state: AttemptState
    reason: str
    created_at: float
    reported_at: float | None
    ended_at: float | None


class Links(BaseModel):
    """Where to go from here; paths on this server, except the Ray dashboard's address."""

    self: str
    events: str
    metrics: str
    actors: str
    report: str
    cancel: str
    pause: str
    resume: str
    retry: str
    attempts: str
    ray_dashboard: str | None


class JobView(BaseModel):
    """A job. Times are Unix seconds."""

    id: str
    name: str
    tenant: str
    """Whose it is."""
    state: State
    """Expect more states in later versions."""
    desired: Desired
    """What its user wants: run, pause or cancel."""
    status_reason: str
    """What it waits for, or why it ended."""
    created_at: float
    started_at: float | None
    finished_at: float | None
    pause_ends_at: float | None
    """Of a paused job: when it is cancelled, unless somebody resumes it before."""
    metadata: dict[str, str]
    """What its user says of it."""
    priority: int
    """The highest starts first."""
    after: str | None
    """The job that has to succeed before it starts."""
    last_seq: int
    """Number of its newest event."""
    run_dir: str | None
    attempt: int
    """Number of the newest attempt; 0 before the first."""
    attempts: list[AttemptView]
    links: Links


class JobDetail(JobView):
    """A job with its document."""

    document: dict[str, Any]
    queue_position: int | None
    """Whose turn it is: 1 is the next to start; none where it does not wait for its turn."""


class AttemptPage(BaseModel):
    """All attempts of a job, oldest first."""

    data: list[AttemptView]


class JobPage(BaseModel):
    """Jobs, newest first."""

    data: list[JobView]
    has_more: bool
    """Ask again with ``before`` = the last id."""


class EventPage(BaseModel):
    """Events in order."""

    data: list[Event]
    has_more: bool
    """Ask again with ``after`` = the last seq."""


class MetricsRow(BaseModel):
    """The numbers of one step or evaluation."""

    seq: int
    time: float
    kind: str
    stage: str
    """Of a recipe; empty where the job is none."""
    step: int
    metrics: dict[str, float | None]
    """``math/satisfied``, ``train/loss``, ``seconds/generate``; an evaluation's begin with ``evaluation/``."""


class MetricsPage(BaseModel):
    """One row per step and evaluation; a step made again after a resume replaces the first."""

    data: list[MetricsRow]


class ReportedEvent(Event):
    """An event as the gateway takes it from a driver: what readers count on is there, so none of them fails on it."""

    seq: int = Field(ge=1, le=MOST)
    time: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _readable(self) -> Self:
        known = KINDS.get(self.kind)
        if known and not known.demand.met(self.data):
            raise ValueError(f"the data of a {self.kind!r} event must have {known.demand.words}")
        return self


class Report(BaseModel):
    """A driver's numbered batch; may be empty, as a heartbeat. The first fault ends the reading."""

    events: Annotated[list[ReportedEvent], FailFast(), Field(max_length=MOST_REPORTED)]


class ActorView(BaseModel):
    """One actor of a job's newest attempt, as Ray tells it."""

    name: str
    """``rollout/3``."""
    state: str
    """``ALIVE``, ``PENDING_CREATION``, ``RESTARTING``, ``DEAD``; expect more."""
    node_id: str
    """Empty where it has no place yet."""
    pid: int
    """0 where it has no process."""
    ray_dashboard: str
    """Its page in the Ray dashboard."""
    node_dashboard: str | None
    """The page of its node there."""


class ActorList(BaseModel):
    """Actors by name."""

    data: list[ActorView]


class TemplateView(BaseModel):
    """A job to begin with."""

    name: str
    summary: str
    text: str
    """YAML, with comments."""


class TemplateList(BaseModel):
    """The skeleton first."""

    data: list[TemplateView]


class NewDraft(BaseModel):
    """What a first job is written for."""

    model: Annotated[str, Field(min_length=1, max_length=128)]
    """A name of the operator's, a job's result by its id, or a hub id."""
    dataset: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    method: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] = "crpg"
    """How feedback becomes a gradient."""


class DraftView(BaseModel):
    """A job to begin with."""

    text: str
    """YAML, with comments."""


class FaultView(BaseModel):
    """One thing that is wrong with a job."""

    location: str = ""
    """``tasks[0].method.kl_max``; empty where it has no one place."""
    line: int | None = None
    """Of the text that was sent; its first is 1."""
    message: str


class ClusterView(BaseModel):
    """What a plan was made for."""

    source: Literal["ray", "gateway"]
    """The gateway's own machine stands in where Ray does not tell its nodes."""
    nodes: int
    cpus: float
    gpus: float
    memory_bytes: float


class PlanView(BaseModel):
    """What a job would be, were it submitted."""

    errors: list[FaultView] = []
    """Why it would be refused, or could not run; none: it would be queued."""
    warnings: list[str] = []
    """What works, and is hardly meant."""
    notes: list[str] = []
    """What was not looked at."""
    plan: dict[str, Any] | None = None
    """As ``raylign plan --json`` prints it."""
    cluster: ClusterView | None = None


class Readiness(BaseModel):
    """Whether the store answers, at the newest schema; and what is known of Ray."""

    store: bool
    ray: dict[str, Any]
    """``reachable``, and its ``version`` or the ``detail`` of why it is not."""


class ReportAnswer(BaseModel):
    """What the driver should do, and the event number expected next."""

    desired: Desired
    next_seq: int


def job_view(dossier: Dossier, ray_url: str | None) -> JobView:
    """A job as the API shows it."""
    job, attempts = dossier.job, dossier.attempts
    path = f"/v1/jobs/{job.id}"
    dashboard = f"{ray_url}/#/jobs/{attempts[-1].submission_id}" if ray_url and attempts else None
    return JobView(
        id=job.id,
        name=job.name,
        tenant=job.tenant,
        state=job.state,
        desired=job.desired,
        status_reason=job.status_reason,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        pause_ends_at=job.pause_ends_at if job.state is State.PAUSED else None,
        metadata=dict(job.metadata),
        priority=-job.rank,
        after=job.after_job,
        last_seq=job.last_seq,
        run_dir=job.run_dir,
        attempt=len(attempts),
        attempts=[attempt_view(one) for one in attempts],
        links=Links(
            self=path,
            events=f"{path}/events",
            metrics=f"{path}/metrics",
            actors=f"{path}/actors",
            report=f"{path}/report",
            cancel=f"{path}/cancel",
            pause=f"{path}/pause",
            resume=f"{path}/resume",
            retry=f"{path}/retry",
            attempts=f"{path}/attempts",
            ray_dashboard=dashboard,
        ),
    )


def job_detail(
    dossier: Dossier, document: Mapping[str, Any], ray_url: str | None, *, queue_position: int | None = None
) -> JobDetail:
    """A job with its document."""
    shown = dict(job_view(dossier, ray_url))
    return JobDetail(**shown, document=dict(document), queue_position=queue_position)


def attempt_view(attempt: AttemptRecord) -> AttemptView:
    """An attempt as the API shows it."""
    return AttemptView.model_validate(attempt, from_attributes=True)
