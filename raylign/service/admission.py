"""What stands between a posted job and the queue: the same for who submits it and who only asks what it would be."""

from raylign.plan.check import Checked
from raylign.service.gateway import Gateway
from raylign.spec import Job


async def admit(gateway: Gateway, job: Job) -> Checked | None:
    """What is found of a job that this service takes; None where its files could not be looked at in time.

    Raises `SpecError` where it asks for more than the operator allows, or is seen to be wrong.
    """
    gateway.allowance.require(job)
    return await gateway.checks.look(job)
