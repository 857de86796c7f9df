"""Keys in the store."""

import time
from pathlib import Path

import pytest
from service import open_store

from raylign.errors import KeyNotFound
from raylign.service.store import KeyRecord


def record(key_id: str, tenant: str = "acme", **values: float) -> KeyRecord:
    told = {"created_at": 1.0, "expires_at": None} | values
    return KeyRecord(id=key_id, name="ci", tenant=tenant, scopes="read", secret_sha256="0" * 64, **told)


def test_keys_are_kept_found_and_listed_by_tenant(tmp_path: Path) -> None:
    store, made = open_store(tmp_path), [record("b"), record("a"), record("c", "other")]
    for one in made:
        store.add_key(one)
    assert store.key("b") == made[0]
    assert store.key("x") is None
    assert [one.id for one in store.all_keys()] == ["a", "b", "c"]
    assert [one.id for one in store.all_keys(tenant="other")] == ["c"]


def test_a_key_is_valid_until_its_first_end() -> None:
    assert record("a").valid(1e12)
    assert [record("a", expires_at=5.0).valid(now) for now in (4.9, 5.0)] == [True, False]
    assert [record("a", expires_at=9.0, revoked_at=5.0).valid(now) for now in (4.9, 5.0)] == [True, False]


def test_a_revoked_key_is_never_taken_for_longer(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.add_key(record("a"))
    later = store.revoke_key("a", grace_s=1000).revoked_at
    assert later is not None
    assert later > time.time() + 900
    sooner = store.revoke_key("a").revoked_at
    assert sooner is not None
    assert sooner <= time.time()
    assert store.revoke_key("a", grace_s=1000).revoked_at == sooner
    with pytest.raises(KeyNotFound, match="'x'.*raylign keys list"):
        store.revoke_key("x")


def test_when_a_key_was_used_is_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.add_key(record("a"))
    store.key_used("a", 7.0)
    found = store.key("a")
    assert found is not None
    assert found.used_at == 7.0
