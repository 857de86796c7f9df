"""What a job would be, were it submitted: its faults, each with its place, or its plan. Nothing is made or kept."""

import asyncio
import logging
from typing import Literal

from raylign.errors import PlanError, RayRefused, RayUnreachable, SpecError
from raylign.plan.cluster import Cluster, imagined_cluster
from raylign.plan.stages import plan_work, plans_told, together
from raylign.service.access import Caller
from raylign.service.admission import admit
from raylign.service.gateway import Gateway
from raylign.service.naming import resolved
from raylign.service.views import ClusterView, FaultView, PlanView
from raylign.spec.explain import Fault
from raylign.spec.lines import line_of
from raylign.spec.load import find_faults, parse_job
from raylign.spec.telling import place

logger = logging.getLogger(__name__)


async def foretell(gateway: Gateway, who: Caller, document: object, text: str) -> PlanView:
    """What ``document`` of ``who`` would be, which ``text`` was read as. A submit looks at it no further."""
    if found := await asyncio.to_thread(find_faults, document):
        return PlanView(errors=[_view(fault, text) for fault in found])
    job = await asyncio.to_thread(parse_job, document)
    try:
        job = await asyncio.to_thread(resolved, gateway, job, who)
        seen = await admit(gateway, job, who)
    except SpecError as error:
        return PlanView(errors=[FaultView(message=str(error).removeprefix("job: "))])
    if seen is None:
        return PlanView(notes=["the files could not be looked at in time: the driver will"])
    cluster, described = await _cluster(gateway)
    whole = together(job, seen)
    told = PlanView(warnings=list(whole.warnings), notes=list(whole.notes), cluster=described)
    try:
        made = await asyncio.to_thread(plan_work, job, cluster, seen)
    except PlanError as error:
        return told.model_copy(update={"errors": [FaultView(message=str(error))]})
    return told.model_copy(update={"plan": plans_told(job, made)})


async def _cluster(gateway: Gateway) -> tuple[Cluster, ClusterView]:
    """Ray's, or this machine as one of its own where Ray does not tell."""
    source: Literal["ray", "gateway"] = "ray"
    try:
        cluster = await gateway.ray.cluster()
    except (RayUnreachable, RayRefused) as error:
        logger.warning("planned for this machine, since Ray does not tell its nodes: %s", error)
        cluster, source = await asyncio.to_thread(imagined_cluster), "gateway"
    return cluster, ClusterView(
        source=source,
        nodes=len(cluster.nodes),
        cpus=cluster.total("cpus"),
        gpus=cluster.total("gpus"),
        memory_bytes=cluster.total("memory_bytes"),
    )


def _view(fault: Fault, text: str) -> FaultView:
    return FaultView(location=place(fault.loc), line=line_of(text, fault.loc), message=fault.words)
