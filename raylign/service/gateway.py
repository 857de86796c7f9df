"""What all routes work on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from raylign.service.allowance import Allowance
from raylign.service.bodies import Bodies
from raylign.service.bulletin import Bulletin
from raylign.service.checks import Checks
from raylign.service.dispatch.ray_jobs import RayJobs
from raylign.service.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway: its store, its notice board, its Ray."""

    store: Store
    bulletin: Bulletin
    ray: RayJobs
    api_key: str
    allowed_hosts: Sequence[str] = ()
    """Names, besides this machine's own, under which clients may call: a stop to DNS rebinding."""
    allowance: Allowance = field(default_factory=Allowance)
    bodies: Bodies = field(default_factory=Bodies)
    checks: Checks = field(default_factory=Checks)
