"""Tenants are sealed: whoever asks for another's job is told that there is none."""

import asyncio
import re
from collections import OrderedDict

from raylign.service.access import Caller
from raylign.service.store import Store
from raylign.service.store.changes import absent

JOB_ID = r"^[A-Za-z0-9_-]{1,64}$"
MOST_REMEMBERED = 65_536


class Seal:
    """Remembers whose a job is, which never changes: what is asked for again and again is looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tenants: OrderedDict[str, str] = OrderedDict()

    async def check(self, caller: Caller, job_id: str) -> None:
        """Raise `JobNotFound` where it is not the caller's to know of. What is no id at all is left to the route."""
        if caller.reach is None or not re.match(JOB_ID, job_id):
            return
        tenant = self._tenants.get(job_id) or await asyncio.to_thread(self._store.tenant_of, job_id)
        if tenant is None or not caller.sees(tenant):
            raise absent(job_id)
        self._tenants[job_id] = tenant
        if len(self._tenants) > MOST_REMEMBERED:
            self._tenants.popitem(last=False)
