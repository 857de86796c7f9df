"""Keys made and replaced."""

import time
from pathlib import Path

import pytest
from service import open_store

from raylign.errors import KeyNotFound
from raylign.service.access import Scope
from raylign.service.keyring import make_key, rotate_key
from raylign.service.secret_keys import read_key


def test_of_a_key_only_its_hash_is_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made, text = make_key(store, name="ci", tenant="acme", scopes={Scope.SUBMIT, Scope.READ}, lasts_s=60)
    given = read_key(text)
    assert given is not None
    assert store.key(given.id) == made
    assert (made.scopes, made.secret_sha256, made.expires_at) == ("read,submit", given.sha256, made.created_at + 60)
    assert given.secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_rotated_key_is_like_the_old_one_which_ends(tmp_path: Path) -> None:
    store, now = open_store(tmp_path), time.time()
    old, text = make_key(store, name="ci", tenant="acme", scopes={Scope.READ}, lasts_s=100)
    new, other = rotate_key(store, old.id, grace_s=50)
    assert ((new.name, new.tenant, new.scopes), other != text) == (("ci", "acme", "read"), True)
    assert new.expires_at == pytest.approx(now + 100, abs=5)
    ends = store.key(old.id)
    assert ends is not None
    assert ends.revoked_at == pytest.approx(now + 50, abs=5)
    store.revoke_key(new.id)
    for key_id in (new.id, "x"):
        with pytest.raises(KeyNotFound, match="no valid key"):
            rotate_key(store, key_id, grace_s=0)
