"""Whether a plan fits its cluster: in words what is missing, where, and which settings ask for it."""

from collections import Counter
from functools import partial

from raylign.errors import PlanError
from raylign.plan.cluster import Cluster
from raylign.plan.demand import Demand
from raylign.plan.memory.terms import GIB
from raylign.plan.plan import ActorPlan, Plan, memory_by_role
from raylign.plan.savings import savings
from raylign.spec.actors import Role
from raylign.spec.job import Job

TUNABLE: tuple[Role, ...] = ("policy", "reference", "rollout")
"""Who needs less memory by settings of the job; each holds one model."""
JUDGE_SHARE = 0.85
"""Of a GPU that the engine of an LLM judge takes."""


def check_fits(plan: Plan, cluster: Cluster, job: Job, demand: Demand) -> None:
    """Raise `PlanError` that says what is missing, where, and which settings ask for it."""
    missing = [*_resource_shortages(plan, cluster)]
    missing += _memory_shortages(plan, cluster) if plan.device == "cpu" else _host_shortages(plan, cluster)
    if missing:
        raise PlanError(
            f"job {plan.job!r} does not fit the cluster. It needs " + "; ".join(missing) + ". Lower `trainer.ranks`, "
            "`rollout.workers`, `rollout.tensor_parallel` or `resources.*`, or add nodes"
        )
    if plan.device == "cuda" and (crowded := _gpu_shortages(plan, cluster, job, demand)):
        raise PlanError(f"job {plan.job!r} does not fit the cluster's GPUs. " + "; ".join(crowded))


def _resource_shortages(plan: Plan, cluster: Cluster) -> list[str]:
    missing = []
    for resource, asked in (("gpus", "GPUs"), ("cpus", "CPUs")):
        need = sum(getattr(actor, resource) for actor in plan.actors)
        have = sum(getattr(node, resource) for node in cluster.nodes)
        if need > have + 1e-9:
            by_role = Counter[str]()
            for actor in plan.actors:
                by_role[actor.role] += getattr(actor, resource)
            parts = ", ".join(f"{role} {count:g}" for role, count in by_role.items() if count)
            missing.append(f"{need:g} {asked} ({parts}), the cluster has {have:g}")
        largest = max((getattr(node, resource) for node in cluster.nodes), default=0)
        for actor in plan.actors:
            if getattr(actor, resource) > largest + 1e-9 and need <= have + 1e-9:
                missing.append(
                    f"{getattr(actor, resource):g} {asked} on one node for {actor.name}, the largest has {largest:g}"
                )
    return missing


def _memory_shortages(plan: Plan, cluster: Cluster) -> list[str]:
    """Of the hosts' memory."""
    need, room = plan.memory_bytes, cluster.total("memory_bytes")
    if need > room:
        parts = ", ".join(f"{role} {_gib(part)}" for role, part in memory_by_role(plan.actors).items())
        return [f"about {_gib(need)} GiB of memory, the cluster has {_gib(room)} ({parts})"]
    largest = max((node.memory_bytes for node in cluster.nodes), default=0.0)
    return [
        f"about {_gib(actor.memory_bytes)} GiB of memory on one node for {actor.name}, the largest has {_gib(largest)}"
        for actor in plan.actors
        if actor.memory_bytes > largest
    ]


def _host_shortages(plan: Plan, cluster: Cluster) -> list[str]:
    """Of the hosts' memory, for what GPUs do without."""
    need, room = sum(actor.host_bytes for actor in plan.actors), cluster.total("memory_bytes")
    if need > room:
        return [f"about {_gib(need)} GiB of hosts' memory for `trainer.offload`, the cluster has {_gib(room)}"]
    each = max((actor.host_bytes for actor in plan.actors), default=0.0)
    largest = max((node.memory_bytes for node in cluster.nodes), default=0.0)
    if each > largest:
        return [f"about {_gib(each)} GiB of one host's memory for `trainer.offload`, the largest has {_gib(largest)}"]
    return []


def _gpu_shortages(plan: Plan, cluster: Cluster, job: Job, demand: Demand) -> list[str]:
    """Of single GPUs' memory, the first actor of each role and model standing for those like it."""
    said: dict[tuple[str, str], str] = {}
    for actor in plan.actors:
        need, room = actor.memory_bytes, _room(actor, cluster, job)
        if room is None or need <= room or (actor.role, actor.model) in said:
            continue
        parts = ", ".join(f"{name} {_gib(part)}" for name, part in actor.memory.items() if part >= GIB / 20)
        spared = savings(job, partial(_need, actor, demand)) if actor.role in TUNABLE else {}
        said[actor.role, actor.model] = (
            f"{actor.name} needs {_gib(need)} GiB of its GPU ({parts}), which has {_gib(room)} for it: "
            + _advice(spared, need, room)
        )
    return list(said.values())


def _need(actor: ActorPlan, demand: Demand, job: Job) -> float:
    return sum(demand.of(job, actor.role, [actor.model], rank=actor.index).values())


def _room(actor: ActorPlan, cluster: Cluster, job: Job) -> float | None:
    """Bytes of one GPU, the cluster's largest, that the actor may take; None where that is not known or it has none."""
    if not actor.gpus or cluster.gpu_memory_bytes is None:
        return None
    match actor.role:
        case "policy" if job.resources.colocated:
            share = 1 - job.rollout.gpu_memory_fraction
        case "rollout" if job.rollout.engine == "vllm":
            share = job.rollout.gpu_memory_fraction
        case "llm-judge":
            share = JUDGE_SHARE
        case _:
            share = min(actor.gpus, 1.0)
    return share * cluster.gpu_memory_bytes


def _advice(spared: dict[str, float], need: float, room: float) -> str:
    enough = {change: left for change, left in spared.items() if left <= room}
    changes = ", ".join(f"{_gib(left)} with {change}" for change, left in (enough or spared).items())
    if enough:
        return f"it would be {changes}"
    if spared:
        return f"no change alone is enough, it would be {changes}"
    return "take a smaller model, or GPUs with more memory"


def _gib(value: float) -> str:
    return f"{value / GIB:.1f}"
