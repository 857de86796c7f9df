"""Quotas of tenants, kept: how often they ask, how many jobs wait, how much they store."""

import asyncio
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException

from raylign.errors import OverQuota
from raylign.service.access import Caller
from raylign.service.authenticator import HOME_KEY
from raylign.service.home import Home
from raylign.service.store import QuotaRecord, Store

FRESH_S = 5.0
"""How long a tenant's quota is believed without another look."""
MEASURED_S = 60.0
"""How long what a tenant stores is believed without adding it up again."""
BURST = 2.0
"""Seconds' worth of requests that may come at once."""


@dataclass(slots=True)
class _Bucket:
    """Tokens, one a request."""

    tokens: float
    at: float

    def take(self, rate: float, now: float) -> float:
        """Take one; 0, or the seconds until there is one."""
        most = max(1.0, BURST * rate)
        self.tokens = min(most, self.tokens + (now - self.at) * rate)
        self.at = now
        if self.tokens < 1:
            return (1 - self.tokens) / rate
        self.tokens -= 1
        return 0.0


class TenantQuotas:
    """Of one gateway. The home's own key is bound by none: who runs the service must get in."""

    def __init__(self, store: Store, home: Home | None) -> None:
        self._store = store
        self._home = home
        self._known: dict[str, tuple[float, QuotaRecord]] = {}
        """By tenant, of which there are as many as have keys: until when (monotonic) it is believed."""
        self._buckets: dict[str, _Bucket] = {}
        self._stored: dict[str, tuple[float, int]] = {}

    async def count_request(self, caller: Caller) -> None:
        """Raise `HTTPException` 429, with `Retry-After`, where the caller's tenant asks too often."""
        if caller.key_id == HOME_KEY:
            return
        rate = (await self._quota(caller.tenant)).requests_per_s
        if rate is None:
            return
        now = time.monotonic()
        bucket = self._buckets.setdefault(caller.tenant, _Bucket(math.inf, now))
        if wait := bucket.take(rate, now):
            said = f"tenant {caller.tenant!r} may send {rate:g} requests a second: send it again in {wait:.1f} s"
            raise HTTPException(429, said, {"Retry-After": str(math.ceil(wait))})

    async def most_queued(self, caller: Caller) -> int | None:
        """Jobs of the caller's tenant that may wait."""
        return None if caller.key_id == HOME_KEY else (await self._quota(caller.tenant)).queued

    async def require_room(self, caller: Caller, more: int = 0) -> None:
        """Raise `OverQuota` where the caller's tenant has no room for ``more`` bytes.

        What it stores is added up once a minute: uploads in between are counted by `add`.
        """
        if caller.key_id == HOME_KEY or self._home is None:
            return
        most = (await self._quota(caller.tenant)).stored_bytes
        if most is None:
            return
        until, stored = self._stored.get(caller.tenant, (0.0, 0))
        if time.monotonic() >= until:
            stored = await asyncio.to_thread(self._measure, self._home, caller.tenant)
            self._stored[caller.tenant] = time.monotonic() + MEASURED_S, stored
        if stored + more >= most:
            raise OverQuota(
                f"tenant {caller.tenant!r} stores {stored:,} bytes, and {most:,} is the most: delete data or jobs first"
            )

    def add(self, tenant: str, stored: int) -> None:
        """A tenant stores so many more bytes."""
        if tenant in self._stored:
            until, before = self._stored[tenant]
            self._stored[tenant] = until, before + stored

    async def _quota(self, tenant: str) -> QuotaRecord:
        until, quota = self._known.get(tenant, (0.0, QuotaRecord(tenant=tenant)))
        if time.monotonic() >= until:
            quota = await asyncio.to_thread(self._store.quota, tenant)
            self._known[tenant] = time.monotonic() + FRESH_S, quota
        return quota

    def _measure(self, home: Home, tenant: str) -> int:
        places = [home.tenant(tenant), *(home.jobs / job_id for job_id in self._store.jobs_of(tenant))]
        return sum(map(_bytes, places))


def _bytes(place: Path) -> int:
    """What lies there, each file once however many names it has, as a run's model and its checkpoint share theirs."""
    seen: dict[tuple[int, int], int] = {}
    for folder, _, files in os.walk(place):
        for name in files:
            try:
                found = os.lstat(os.path.join(folder, name))
            except FileNotFoundError:
                continue  # it was there a moment ago
            seen[found.st_dev, found.st_ino] = found.st_size
    return sum(seen.values())
