"""Where a fleet's actors lie: a bundle for each, all of them or none; and in words what a fleet that waits waits for.

An engine over several GPUs is one actor and so one bundle, which Ray puts on one node.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError, RpcError
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group

from raylign.errors import DeadlineExpired
from raylign.plan.plan import Plan
from raylign.record.events import Emit
from raylign.record.events.payloads import Status
from raylign.spec.job import Job
from raylign.spec.labels import matches

WAIT_REPORT_S = 5.0
"""Seconds between two words on what start-up waits for."""
ASK_S = 4
"""Of the autoscaler's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What one actor reserves, and on which nodes it may."""

    resources: Mapping[str, float]
    labels: Mapping[str, str]
    """By name, what a node's must be (`raylign.spec.labels`)."""

    def __str__(self) -> str:
        asked = " ".join(f"{amount:g} {resource}" for resource, amount in self.resources.items())
        where = ", ".join(f"{name}={value}" for name, value in self.labels.items())
        return f"{asked} where {where}" if where else asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A node as it stands: what it has in all, and its labels."""

    name: str
    resources: Mapping[str, float]
    labels: Mapping[str, str]


def homes(job: Job, plan: Plan) -> list[int]:
    """By actor, in the plan's order, the number of its bundle: its own, or that of the rank whose GPU it shares."""
    found: dict[str, int] = {}
    for actor in plan.actors:
        shares = job.resources.colocated and actor.role == "rollout"
        found[actor.name] = found[f"policy/{actor.index}"] if shares else len(set(found.values()))
    return list(found.values())


def bundles(job: Job, plan: Plan) -> list[Bundle]:
    """By number (`homes`): what its actors reserve together, and the labels that they ask for."""
    made: dict[int, Bundle] = {}
    for actor, home in zip(plan.actors, homes(job, plan), strict=True):
        resources = {"CPU": actor.cpus, **({"GPU": actor.gpus} if actor.gpus else {})}
        labels = job.resources.labels_of(actor.role)
        there = made.get(home, Bundle(resources={}, labels={}))
        made[home] = Bundle(resources=_sum([there.resources, resources]), labels={**there.labels, **labels})
    return list(made.values())


async def place(job: Job, plan: Plan, *, job_id: str, emit: Emit) -> PlacementGroup:
    """The group, once the cluster has room for it. Raises `DeadlineExpired` that names what is missing."""
    wanted = bundles(job, plan)
    group = placement_group(
        [dict(bundle.resources) for bundle in wanted],
        strategy="SPREAD" if job.resources.spread else "PACK",
        name=f"{job_id} fleet",
        bundle_label_selector=[dict(bundle.labels) for bundle in wanted] if job.resources.nodes else None,
    )
    waiting = asyncio.ensure_future(_await(group.ready()))
    waited = 0.0
    try:
        while not (await asyncio.wait({waiting}, timeout=WAIT_REPORT_S))[0]:
            waited += WAIT_REPORT_S
            why = await asyncio.to_thread(explain, wanted)
            emit(Status(phase="placing actors", detail=f"waiting for {why}; {waited:.0f} s"))
            if waited >= job.deadlines.start_s:
                raise DeadlineExpired(
                    f"job {job_id}: the cluster had no room within {job.deadlines.start_s:g} s for {why}. "
                    "Stop other jobs, add nodes, or raise `deadlines.start_s`"
                )
        await waiting
    except BaseException:
        waiting.cancel()
        remove_placement_group(group)
        raise
    return group


def explain(wanted: Sequence[Bundle]) -> str:
    """What the connected cluster lacks, and what its autoscaler does about it."""
    stands = [
        Stand(name=node["NodeManagerAddress"], resources=node["Resources"], labels=node.get("Labels") or {})
        for node in ray.nodes()
        if node["Alive"]
    ]
    words = [lacking(wanted, stands, ray.available_resources())]
    try:
        from ray.autoscaler.v2.sdk import get_cluster_status

        words.append(autoscaling(get_cluster_status(ray.get_runtime_context().gcs_address, timeout=ASK_S)))
    except (RayError, RpcError) as error:
        words.append(f"its autoscaler does not answer ({type(error).__name__})")
    return "; ".join(word for word in words if word)


def lacking(wanted: Sequence[Bundle], stands: Sequence[Stand], free: Mapping[str, float]) -> str:
    """In words: bundles that no node can ever take, and why; else what is asked for and what is free."""
    never = []
    alike = {str(bundle): bundle for bundle in wanted}
    for words, count in Counter(map(str, wanted)).items():
        bundle = alike[words]
        fitting = [stand for stand in stands if matches(bundle.labels, stand.labels)]
        if not fitting:
            held = sorted({f"{name}={stand.labels.get(name)}" for stand in stands for name in bundle.labels})
            never.append(f"{count} x {bundle}: no node has these labels ({', '.join(held) or 'there is none'})")
        elif not any(_holds(stand.resources, bundle.resources) for stand in fitting):
            peak = {name: max(stand.resources.get(name, 0) for stand in fitting) for name in bundle.resources}
            largest = " ".join(f"{amount:g} {name}" for name, amount in peak.items())
            never.append(f"{count} x {bundle}: the largest node it may lie on has {largest}")
    for labels in {str(bundle.labels): bundle.labels for bundle in wanted}.values():
        together = _sum([bundle.resources for bundle in wanted if bundle.labels == labels])
        there = _sum([stand.resources for stand in stands if matches(labels, stand.labels)])
        if not never and not _holds(there, together):
            most = " ".join(f"{there.get(name, 0):g} {name}" for name in together)
            never.append(f"{Bundle(resources=together, labels=labels)}: such nodes have {most} in all")
    if never:
        return "; ".join(never)
    need = _sum([bundle.resources for bundle in wanted])
    asked, have = (", ".join(f"{of.get(name, 0):g} {name}" for name in sorted(need)) for of in (need, free))
    return f"{asked}; free now: {have}"


def autoscaling(status: Any) -> str:
    """What a ``ClusterStatus`` of Ray's autoscaler tells of nodes to come; empty where none will."""
    launching = Counter[str]()
    for launch in status.pending_launches:
        launching[launch.ray_node_type_name] += launch.count
    for node in status.pending_nodes:
        launching[node.ray_node_type_name] += 1
    words = [f"{count} nodes of type {name!r} are being started" for name, count in launching.items()]
    words += [
        f"{launch.count} nodes of type {launch.ray_node_type_name!r} could not be started: {launch.details}"
        for launch in status.failed_launches
    ]
    return ", ".join(words)


def _sum(all_of: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(one.get(name, 0.0) for one in all_of) for name in dict.fromkeys(n for one in all_of for n in one)}


def _holds(has: Mapping[str, float], asked: Mapping[str, float]) -> bool:
    return all(has.get(name, 0.0) + 1e-9 >= amount for name, amount in asked.items())


async def _await(reference: Any) -> Any:
    return await reference
