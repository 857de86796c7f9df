"""From the key that came with a request to its caller."""

import asyncio
import hmac
import logging
import time
from collections import OrderedDict
from dataclasses import replace

from raylign.errors import StoreUnavailable, Unauthorized
from raylign.service.access import DEFAULT_TENANT, Caller, Scope, read_scopes
from raylign.service.secret_keys import SecretKey, read_key
from raylign.service.store import KeyRecord, Store

logger = logging.getLogger(__name__)

FRESH_S = 5.0
"""How long a key's row is believed without another look: within it, a key revoked elsewhere is refused."""
MOST_REMEMBERED = 4096
"""Keys, also such as there are none of."""
USED_EVERY_S = 60.0
"""Between two notes that a key is in use: each is a write."""
HOME_KEY = "home"
"""Id of the key in the home's own file, which stands in no table."""
REFUSAL = (
    "send an API key that is valid: `Authorization: Bearer KEY`; the home's own is in its file api_key, "
    "others are made by `raylign keys create`"
)


class Authenticator:
    """Knows the keys of one gateway. Its own, in the home's file, is an admin's of the tenant ``default``."""

    def __init__(self, store: Store, home_key: str, *, fresh_s: float = FRESH_S) -> None:
        self._store = store
        self._home_key = home_key.encode()
        self._home = Caller(tenant=DEFAULT_TENANT, scopes=frozenset(Scope), key_id=HOME_KEY)
        self._fresh_s = fresh_s
        self._remembered: OrderedDict[str, tuple[float, KeyRecord | None]] = OrderedDict()
        """By id: until when (monotonic) what was found is believed, and that."""

    async def caller(self, text: str) -> Caller:
        """Whose key this is. Raises `Unauthorized`, in the same words whatever is wrong with it."""
        if hmac.compare_digest(text.encode(errors="replace"), self._home_key):
            return self._home
        given = read_key(text)
        kept = await self._row(given.id) if given else None
        if given is None or kept is None or not self._is(kept, given):
            raise Unauthorized(REFUSAL)
        await self._note_use(kept)
        return Caller(tenant=kept.tenant, scopes=read_scopes(kept.scopes.split(",")), key_id=kept.id)

    def forget(self, key_id: str) -> None:
        """A key has changed: look at it anew."""
        self._remembered.pop(key_id, None)

    def _is(self, kept: KeyRecord, given: SecretKey) -> bool:
        return hmac.compare_digest(kept.secret_sha256, given.sha256) and kept.valid(time.time())

    async def _row(self, key_id: str) -> KeyRecord | None:
        now = time.monotonic()
        until, kept = self._remembered.get(key_id, (0.0, None))
        if now >= until:
            kept = await asyncio.to_thread(self._store.key, key_id)
            self._remember(key_id, now + self._fresh_s, kept)
        return kept

    def _remember(self, key_id: str, until: float, kept: KeyRecord | None) -> None:
        self._remembered[key_id] = until, kept
        self._remembered.move_to_end(key_id)
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _note_use(self, kept: KeyRecord) -> None:
        now = time.time()
        if kept.used_at is not None and now - kept.used_at < USED_EVERY_S:
            return
        until, _ = self._remembered.get(kept.id, (0.0, None))
        self._remember(kept.id, until, replace(kept, used_at=now))  # before the wait: one of many requests notes it
        try:
            await asyncio.to_thread(self._store.key_used, kept.id, now)
        except StoreUnavailable as error:
            logger.warning("that key %s was used is not noted: %s", kept.id, error)
