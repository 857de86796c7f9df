"""A cluster as the plan sees it; one to plan for before Ray is up: this machine, or one described in numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One machine of the cluster."""

    cpus: float
    gpus: float
    memory_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What there is to run on."""

    nodes: tuple[Node, ...]

    def total(self, resource: Literal["cpus", "gpus", "memory_bytes"]) -> float:
        return sum(getattr(node, resource) for node in self.nodes)


def imagined_cluster(
    *, cpus: float | None = None, gpus: float | None = None, memory_bytes: float | None = None, nodes: int = 1
) -> Cluster:
    """``nodes`` equal machines; what is not said is as on this one."""
    node = local_node()
    wanted = Node(
        cpus=node.cpus if cpus is None else cpus,
        gpus=node.gpus if gpus is None else gpus,
        memory_bytes=node.memory_bytes if memory_bytes is None else memory_bytes,
    )
    return Cluster(nodes=(wanted,) * nodes)


def local_node() -> Node:
    """CPUs and memory by psutil, GPUs by their device files."""
    gpus = len(list(Path("/dev").glob("nvidia[0-9]*")))
    return Node(cpus=psutil.cpu_count() or 1, gpus=gpus, memory_bytes=psutil.virtual_memory().total)
