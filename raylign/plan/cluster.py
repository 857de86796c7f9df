"""A cluster as the plan sees it; one to plan for before Ray is up: this machine, or one described in numbers."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

DRIVER_S = 20.0
"""Longest wait for a GPU's driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One machine of the cluster."""

    cpus: float
    gpus: float
    memory_bytes: float
    """Of the host; in Ray's accounts its object store included."""
    gpu_memory_bytes: float | None = None
    """Of each of its GPUs; None where it has none or does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What there is to run on."""

    nodes: tuple[Node, ...]

    def total(self, resource: Literal["cpus", "gpus", "memory_bytes"]) -> float:
        return sum(getattr(node, resource) for node in self.nodes)

    @property
    def gpu_memory_bytes(self) -> float | None:
        """Of its largest GPU; None where a node with GPUs does not tell, for an actor might get one of those."""
        sizes = [node.gpu_memory_bytes for node in self.nodes if node.gpus]
        known = [size for size in sizes if size is not None]
        return max(known) if known and len(known) == len(sizes) else None


def imagined_cluster(
    *,
    cpus: float | None = None,
    gpus: float | None = None,
    memory_bytes: float | None = None,
    gpu_memory_bytes: float | None = None,
    nodes: int = 1,
) -> Cluster:
    """``nodes`` equal machines; what is not said is as on this one."""
    node = local_node()
    wanted = Node(
        cpus=node.cpus if cpus is None else cpus,
        gpus=node.gpus if gpus is None else gpus,
        memory_bytes=node.memory_bytes if memory_bytes is None else memory_bytes,
        gpu_memory_bytes=node.gpu_memory_bytes if gpu_memory_bytes is None else gpu_memory_bytes,
    )
    return Cluster(nodes=(wanted,) * nodes)


def local_node() -> Node:
    """CPUs and memory by psutil, GPUs by their device files."""
    gpus = len(list(Path("/dev").glob("nvidia[0-9]*")))
    return Node(
        cpus=psutil.cpu_count() or 1,
        gpus=gpus,
        memory_bytes=psutil.virtual_memory().total,
        gpu_memory_bytes=gpu_memory() if gpus else None,
    )


def gpu_memory() -> float | None:
    """Bytes of this machine's smallest GPU, as ``nvidia-smi`` tells; None where it tells nothing."""
    ask = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, timeout=DRIVER_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None  # no driver, or one that hangs: the plan then does without
    sizes = [int(line) for line in said.split() if line.isdecimal()]
    return min(sizes) * 2.0**20 if sizes else None
