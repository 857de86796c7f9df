"""API keys made and replaced. The text of a key is seen here, once, and never again."""

import time
from collections.abc import Collection
from dataclasses import replace

from raylign.errors import KeyNotFound
from raylign.service.access import Scope
from raylign.service.secret_keys import new_key
from raylign.service.store import KeyRecord, Store


def make_key(
    store: Store, *, name: str, tenant: str, scopes: Collection[Scope], lasts_s: float | None
) -> tuple[KeyRecord, str]:
    """A new key of ``tenant`` and its text. ``lasts_s``: seconds until it expires; None: never."""
    key, now = new_key(), time.time()
    made = KeyRecord(
        id=key.id,
        name=name,
        tenant=tenant,
        scopes=",".join(sorted(scopes)),
        secret_sha256=key.sha256,
        created_at=now,
        expires_at=None if lasts_s is None else now + lasts_s,
    )
    store.add_key(made)
    return made, key.text


def rotate_key(store: Store, key_id: str, *, grace_s: float) -> tuple[KeyRecord, str]:
    """A new key in the place of another, which is taken for ``grace_s`` more seconds.

    It has the old one's name, tenant and scopes, and lasts as long as that was made to. Raises `KeyNotFound` where
    there is none, or none that is still taken.
    """
    old, now = store.key(key_id), time.time()
    if old is None or not old.valid(now):
        raise KeyNotFound(f"there is no valid key {key_id!r} to replace; `raylign keys list` shows all")
    key = new_key()
    expires_at = None if old.expires_at is None else now + (old.expires_at - old.created_at)
    made = replace(
        old,
        id=key.id,
        secret_sha256=key.sha256,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
        used_at=None,
    )
    store.add_key(made)  # first: better two keys for a moment than none
    store.revoke_key(key_id, grace_s=grace_s)
    return made, key.text
