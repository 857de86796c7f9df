"""Whether every node has what a job needs of other distributions: asked before an actor is sent a class of theirs."""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

import ray
from ray.util.placement_group import PlacementGroup, placement_group_table
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from actors.cluster.within import Wait, within
from raylign.errors import RunError
from raylign.extensions import installed, lacks
from raylign.spec.extensions import needed
from raylign.spec.job import Job

Seen: TypeAlias = tuple[str, dict[str, str | None]]


async def require_extensions(job: Job, group: PlacementGroup, *, job_id: str) -> None:
    """Raise `RunError` that names what is missing, or of another version, on which of the group's nodes.

    A job of the library's own kinds asks nobody.
    """
    wanted = needed(job)
    if not wanted:
        return
    nodes: dict[int, str] = placement_group_table(group)["bundles_to_node_id"]
    one_of_each = {node: bundle for bundle, node in nodes.items()}
    names = [one.name for one in wanted]

    async def ask(node: str, bundle: int) -> Seen:
        task = ray.remote(num_cpus=0)(_look).options(
            name="extensions",
            scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=bundle),
        )
        wait = Wait(job=job_id, worker=f"node {node}", phase="extensions", seconds=job.deadlines.start_s)
        seen: Seen = await within(task.remote(names), wait)
        return seen

    seen = await asyncio.gather(*(ask(node, bundle) for node, bundle in one_of_each.items()))
    if missing := lacks(wanted, dict(seen)):
        raise RunError("; ".join(missing))


def _look(names: Sequence[str]) -> Seen:
    """On a node: its address, and what it has."""
    return ray.util.get_node_ip_address(), installed(names)
