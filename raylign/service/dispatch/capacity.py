"""Whether the cluster has room for another job, beside those that are on it.

Reckoned by plans, not by what Ray calls free at the moment: a job that has just begun holds nothing yet, and will.
"""

import asyncio
from collections.abc import Sequence

from raylign.errors import PlanError, SpecError
from raylign.plan.cluster import Cluster
from raylign.plan.plan import Plan
from raylign.plan.room import largest, needs, room_beside
from raylign.plan.stages import plan_work
from raylign.service.checks import Checks
from raylign.service.dispatch.ray_jobs import RayJobs
from raylign.service.store import JobRecord, Store
from raylign.spec import parse_job


class Capacity:
    """Plans jobs by the cluster as it is; a plan is kept as long as its job is asked about."""

    def __init__(self, store: Store, ray: RayJobs) -> None:
        self._store = store
        self._ray = ray
        self._checks = Checks()
        self._plans: dict[str, Plan | None] = {}

    async def lacks(self, job: JobRecord, beside: Sequence[JobRecord]) -> str:
        """What ``job`` has to wait for while those are on the cluster, in words; nothing where there is room for it.

        Of whom no plan can be made has the cluster to itself. Raises `RayUnreachable`, `RayRefused`.
        """
        cluster = await self._ray.cluster()
        self._plans = {one.id: self._plans[one.id] for one in (job, *beside) if one.id in self._plans}
        wanted, *taken = [await self._plan(one, cluster) for one in (job, *beside)]
        if wanted is None or None in taken:
            return "waiting until the jobs before it have left the cluster: how much they need of it is not known"
        room = room_beside(cluster, [plan for plan in taken if plan is not None])
        if room.less(wanted) is not None:
            return ""
        return f"waiting for room: it needs {needs(wanted)}; {len(beside)} on the cluster leave {room}"

    async def _plan(self, job: JobRecord, cluster: Cluster) -> Plan | None:
        """None where none can be made here: files that are not seen, or a job that would not fit alone."""
        if job.id not in self._plans:
            self._plans[job.id] = await self._made(job, cluster)
        return self._plans[job.id]

    async def _made(self, job: JobRecord, cluster: Cluster) -> Plan | None:
        try:
            document = await asyncio.to_thread(lambda: parse_job(dict(self._store.document(job.id))))
            seen = await self._checks.look(document)
            if seen is None:
                return None
            plans = await asyncio.to_thread(plan_work, document, cluster, seen)
        except (SpecError, PlanError):
            return None  # its driver says so
        return None if any(plan.unknown for plan in plans) else largest(plans)
