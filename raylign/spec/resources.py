"""What a job's actors ask of the cluster."""

from typing import Annotated, Literal

from pydantic import Field

from raylign import bounds
from raylign.settings import Spec
from raylign.spec import labels
from raylign.spec.actors import Role

Selector = Annotated[
    dict[
        Annotated[str, Field(pattern=labels.NAME)], Annotated[str, Field(pattern=labels.VALUE, max_length=bounds.NAME)]
    ],
    Field(max_length=bounds.NAMES),
]
Variable = Annotated[str, Field(pattern=r"^(?:NCCL|TORCH_NCCL|GLOO|UCX|FI|IB|OMPI|TP)_[A-Z0-9_]{1,64}$")]


class Resources(Spec):
    """What each actor asks of the cluster."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: cuda where the cluster has GPUs."""
    cpus_per_actor: float = Field(default=0.25, gt=0, le=bounds.CORES)
    """Ray CPUs an actor reserves. Phases take turns, so actors may share cores."""
    threads: int | None = Field(default=None, ge=1, le=bounds.CORES)
    """Compute threads of an actor; the node's cores where absent."""
    gpus_per_reference: float = Field(default=1.0, gt=0, le=bounds.GPUS)
    """GPUs the reference model reserves, on cuda."""
    gpus_per_reward: float = Field(default=1.0, gt=0, le=bounds.GPUS)
    """GPUs a reward actor reserves, on cuda."""
    gpus_per_llm_judge: float = Field(default=1.0, gt=0, le=bounds.GPUS)
    """GPUs an LLM judge's engine reserves, on cuda."""
    nodes: dict[Role | Literal["all"], Selector] = Field(default_factory=dict, max_length=bounds.NAMES)
    """By role, or for ``all``, labels that nodes must have: ``{policy: {ray.io/accelerator-type: H100}}``."""
    colocated: bool = False
    """On cuda, each engine on the GPU of a trainer's rank, which share its memory: `rollout.gpu_memory_fraction` is the
    engine's. Everybody has GPUs of their own where it is false."""
    spread: bool = False
    """Actors over as many nodes as there are, in the place of as few: a node that is lost takes fewer with it."""
    env: dict[Variable, Annotated[str, Field(max_length=bounds.NAME)]] = Field(
        default_factory=dict, max_length=bounds.NAMES
    )
    """Environment of every actor: what NCCL and its like read, ``{NCCL_SOCKET_IFNAME: eth0}``. A service takes what its
    operator allows."""

    def labels_of(self, role: Role) -> dict[str, str]:
        """What the nodes of a role must have."""
        return {**self.nodes.get("all", {}), **self.nodes.get(role, {})}
