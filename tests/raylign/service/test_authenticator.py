"""From a key to its caller, fast, and not for longer than it is valid."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from service import KEY, key_of, open_store

from raylign.errors import StoreUnavailable, Unauthorized
from raylign.service import authenticator
from raylign.service.access import Scope
from raylign.service.authenticator import Authenticator
from raylign.service.keyring import make_key
from raylign.service.secret_keys import new_key, read_key
from raylign.service.store import KeyRecord, Store


class Counted(Store):
    """A store that counts how often it is asked for a key."""

    asked = 0
    busy = False

    def key(self, key_id: str) -> KeyRecord | None:
        self.asked += 1
        return super().key(key_id)

    def key_used(self, key_id: str, at: float) -> None:
        if self.busy:
            raise StoreUnavailable("busy")
        super().key_used(key_id, at)


@pytest.fixture
def store(tmp_path: Path) -> Counted:
    return Counted(open_store(tmp_path)._database)


async def test_the_homes_own_key_is_an_admins_of_the_default_tenant(store: Counted) -> None:
    caller = await Authenticator(store, KEY).caller(KEY)
    assert (caller.tenant, caller.scopes, caller.reach, store.asked) == ("default", frozenset(Scope), None, 0)


async def test_a_key_says_its_tenant_and_scopes(store: Counted) -> None:
    text = key_of(store, "acme", Scope.READ)
    caller = await Authenticator(store, KEY).caller(text)
    assert (caller.tenant, caller.scopes) == ("acme", {Scope.READ})


async def test_wrong_keys_are_refused_alike(store: Counted) -> None:
    text = key_of(store, "acme")
    _, old = make_key(store, name="x", tenant="acme", scopes={Scope.READ}, lasts_s=-1)
    found, words = Authenticator(store, KEY), set()
    for wrong in (
        "",
        KEY[:-1],
        text[:-1] + ("a" if text[-1] != "a" else "b"),
        new_key().text,
        old,
        "é",
        "\ud800",
        "rl_",
    ):
        with pytest.raises(Unauthorized) as refused:
            await found.caller(wrong)
        words.add(str(refused.value))
    assert len(words) == 1


async def test_a_row_is_looked_up_once_a_while_and_a_revoked_key_refused_after_it(store: Counted) -> None:
    text = key_of(store, "acme")
    key = read_key(text)
    assert key is not None
    fast, slow = Authenticator(store, KEY, fresh_s=0.05), Authenticator(store, KEY)
    for _ in range(20):
        await slow.caller(text)
    assert store.asked == 1
    await fast.caller(text)
    store.revoke_key(key.id)
    await slow.caller(text)  # for 5 s
    await asyncio.sleep(0.06)
    with pytest.raises(Unauthorized):
        await fast.caller(text)
    slow.forget(key.id)
    with pytest.raises(Unauthorized):
        await slow.caller(text)


async def test_a_key_that_expires_while_it_is_remembered_is_refused_at_once(store: Counted) -> None:
    made, text = make_key(store, name="x", tenant="acme", scopes={Scope.READ}, lasts_s=60)
    found = Authenticator(store, KEY)
    await found.caller(text)
    found._remember(made.id, time.monotonic() + 9, replace(made, expires_at=time.time() - 1))
    with pytest.raises(Unauthorized):
        await found.caller(text)


async def test_guessed_ids_fill_no_memory(store: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticator, "MOST_REMEMBERED", 3)
    found = Authenticator(store, KEY)
    for _ in range(9):
        with pytest.raises(Unauthorized):
            await found.caller(new_key().text)
    assert len(found._remembered) == 3


async def test_use_is_noted_once_a_minute_and_a_busy_store_refuses_nobody(store: Counted) -> None:
    text = key_of(store, "acme")
    key = read_key(text)
    assert key is not None
    found = Authenticator(store, KEY, fresh_s=0)
    store.busy = True
    await found.caller(text)
    store.busy = False
    await found.caller(text)
    first = store.key(key.id)
    await found.caller(text)
    assert first is not None
    assert first.used_at == pytest.approx(time.time(), abs=5)
    assert store.key(key.id) == first
