"""Clusters to plan for before Ray is up: this machine, or one described in numbers."""

from pathlib import Path

import psutil

from raylign.plan import Cluster, Node


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
