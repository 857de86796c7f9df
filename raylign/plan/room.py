"""What a cluster still has room for, beside the plans that are carried out on it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from raylign.plan.cluster import Cluster, Node
from raylign.plan.memory.terms import GIB, STORE
from raylign.plan.plan import Plan

SLACK = 1e-9
"""Of a node's CPUs: quarters of them are summed up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the nodes have left."""

    nodes: tuple[Node, ...]

    def less(self, plan: Plan) -> "Room | None":
        """With the plan's actors on its nodes, the largest first, each on the first node that holds it; None where
        one finds none.

        Ray may place them otherwise; where it then finds no place for another plan, that one's driver waits.
        """
        nodes = list(self.nodes)
        for cpus, gpus, memory_bytes in _shares(plan):
            fitting = (at for at, node in enumerate(nodes) if _holds(node, cpus, gpus, memory_bytes))
            if (at := next(fitting, None)) is None:
                return None
            node = nodes[at]
            nodes[at] = replace(
                node, cpus=node.cpus - cpus, gpus=node.gpus - gpus, memory_bytes=node.memory_bytes - memory_bytes
            )
        return Room(nodes=tuple(nodes))

    def __str__(self) -> str:
        return _words(
            sum(node.cpus for node in self.nodes),
            sum(node.gpus for node in self.nodes),
            sum(node.memory_bytes for node in self.nodes),
        )


def room_beside(cluster: Cluster, plans: Iterable[Plan]) -> Room:
    """What ``plans`` leave of a cluster; where they do not all fit, what those leave that come first."""
    room = Room(nodes=cluster.nodes)
    for plan in plans:
        room = room.less(plan) or room
    return room


def needs(plan: Plan) -> str:
    """In words, what a plan takes."""
    return _words(*_sums(plan))


def largest(plans: Iterable[Plan]) -> Plan:
    """Of a recipe's stages, which come one after another: the one that takes most."""

    def size(plan: Plan) -> tuple[float, float, float]:
        cpus, gpus, memory_bytes = _sums(plan)
        return gpus, memory_bytes, cpus

    return max(plans, key=size)


def _sums(plan: Plan) -> tuple[float, float, float]:
    cpus, gpus, memory_bytes = map(sum, zip(*_shares(plan), strict=True))
    return cpus, gpus, memory_bytes


def _shares(plan: Plan) -> list[tuple[float, float, float]]:
    """CPUs, GPUs and bytes of the node's own memory of every actor, the largest first.

    On CUDA the nodes' own memory is not what there is too little of. Pages that actors share are the largest's.
    """
    on_cpu = plan.device == "cpu"
    shares = [
        (actor.cpus, actor.gpus, (actor.memory_bytes - actor.memory.get(STORE, 0.0)) if on_cpu else 0.0)
        for actor in plan.actors
    ]
    (cpus, gpus, memory_bytes), *others = sorted(shares, key=lambda share: (-share[1], -share[2], -share[0]))
    pages = max(actor.memory.get(STORE, 0.0) for actor in plan.actors) if on_cpu else 0.0
    return [(cpus, gpus, memory_bytes + pages), *others]


def _holds(node: Node, cpus: float, gpus: float, memory_bytes: float) -> bool:
    return node.cpus + SLACK >= cpus and node.gpus + SLACK >= gpus and node.memory_bytes >= memory_bytes


def _words(cpus: float, gpus: float, memory_bytes: float) -> str:
    parts = [f"{cpus:g} CPU", *([f"{gpus:g} GPU"] if gpus else []), f"{memory_bytes / GIB:.1f} GiB"]
    return ", ".join(parts)
