"""What a plan is: every actor and every task of a run, in numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter

from raylign.plan.memory.terms import STORE, Device, Terms
from raylign.spec.actors import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorPlan:
    """One actor: its name in the Ray dashboard and its bundle of the placement group."""

    name: str
    """``policy/0``, ``rollout/3``."""
    role: Role
    index: int
    cpus: float
    gpus: float
    threads: int
    """Compute threads."""
    model: str
    """Model it holds; several are joined with commas; empty for rule judges."""
    memory: Terms
    """Estimate of the most it holds, bytes by what for: of the host on CPU, of each of its GPUs on CUDA."""
    unknown: tuple[str, ...]
    """Models it holds that are not on this machine, or are built in a way we do not know: not in ``memory``."""
    host: Terms = field(default_factory=dict)
    """On CUDA, what it keeps on its host in the place of its GPU (`trainer.offload`): bytes by what for."""

    @property
    def memory_bytes(self) -> float:
        """All of ``memory``, pages that it shares with others included."""
        return sum(self.memory.values())

    @property
    def host_bytes(self) -> float:
        """All of ``host``."""
        return sum(self.host.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """One task in numbers."""

    name: str
    method: str
    judges: tuple[str, ...]
    reward: str
    prompts: int
    """Lines of its file."""
    prompts_per_step: int
    samples_per_prompt: int
    samples: int
    """Responses per step."""
    max_tokens: int
    weight: float
    kl_max: float | None
    """Where the method has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything derived from the job and the cluster."""

    job: str
    steps: int
    device: Device
    tasks: tuple[TaskPlan, ...]
    actors: tuple[ActorPlan, ...]
    samples_per_step: int
    tokens_per_step: int
    """Upper estimate of prompt plus response tokens of one step."""
    microbatches_per_step: int
    """Estimate, over all ranks."""
    checkpoint_bytes: int | None
    """Estimate of one checkpoint on disk; None where the policy is not on this machine."""
    max_staleness: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what ``raylign plan --json`` prints and the ``plan`` event carries."""
        actors = [
            {**asdict(actor), "memory_bytes": None if actor.unknown else actor.memory_bytes} for actor in self.actors
        ]
        return {**asdict(self), "actors": actors, "memory_bytes": None if self.unknown else self.memory_bytes}

    def of(self, role: Role) -> list[ActorPlan]:
        return [actor for actor in self.actors if actor.role == role]

    @property
    def memory_bytes(self) -> float:
        """Of all actors, as far as it is known; what they share is counted once."""
        return sum(memory_by_role(self.actors).values())

    @property
    def unknown(self) -> list[str]:
        """Models of which it is not known how much memory they take."""
        return list(dict.fromkeys(model for actor in self.actors for model in actor.unknown))


def read_plan(told: Mapping[str, Any]) -> Plan:
    """The plan of which ``told`` is the plain data. Raises `pydantic.ValidationError` where it is none."""
    return _PLAN.validate_python(told)


_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


def memory_by_role(actors: Iterable[ActorPlan]) -> dict[str, float]:
    """Bytes of all actors of a role together, and once, under `STORE`, those of the pages they share."""
    roles: dict[str, float] = {}
    shared = 0.0
    for actor in actors:
        pages = actor.memory.get(STORE, 0.0)
        roles[actor.role] = roles.get(actor.role, 0.0) + actor.memory_bytes - pages
        shared = max(shared, pages)
    return {**roles, STORE: shared} if shared else roles
