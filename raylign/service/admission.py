"""What stands between a posted job and the queue: the same for who submits it and who only asks what it would be."""

import asyncio

from raylign.plan.check import Checked
from raylign.plan.confinement import Confinement
from raylign.service.access import Caller
from raylign.service.gateway import Gateway
from raylign.spec import Work


async def admit(gateway: Gateway, job: Work, who: Caller) -> tuple[Checked, ...] | None:
    """What is found of each job of what this service takes of ``who``; None where its files could not be looked at in
    time.

    Raises `SpecError` where it asks for more than the operator allows, names what its tenant may not read or has
    not, or is seen to be wrong.
    """
    gateway.allowance.require(job)
    await asyncio.to_thread(gateway.vault.require, who.tenant, job)
    return await gateway.checks.look(job, await _confinement(gateway, job, who))


async def _confinement(gateway: Gateway, job: Work, who: Caller) -> Confinement | None:
    """Where the job may read. Raises `SpecError` where its names alone say that it would elsewhere."""
    if gateway.confines is None:
        return None
    confinement = await asyncio.to_thread(gateway.confines.of, who.tenant, job.model_dump(mode="json"))
    if confinement is not None:
        confinement.require_named(job)
    return confinement
