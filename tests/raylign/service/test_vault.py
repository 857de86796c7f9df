"""Secrets at rest: sealed by the operator's key, and opened for whose they are alone."""

import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from service import open_store

from raylign.errors import SecretNotFound, ServeError, StoreError
from raylign.service.vault import Vault

VALUE = "hf_correct-horse-battery"


def vault(folder: Path, keys: str = "keys") -> Vault:
    return Vault(open_store(folder), folder / keys)


def test_the_store_holds_nothing_that_opens_without_the_key(tmp_path: Path) -> None:
    made = vault(tmp_path)
    first = made.put("acme", "hub", "an-older-value")
    second = made.put("acme", "hub", VALUE)
    assert second.created_at == first.created_at < second.set_at
    assert made.values("acme", {"hub"}) == {"hub": VALUE}
    assert made.values("acme", ()) == {}
    assert stat.S_IMODE(made.keys.stat().st_mode) == 0o600
    for file in tmp_path.glob("raylign.db*"):
        assert VALUE.encode() not in file.read_bytes()
    assert vault(tmp_path).values("acme", {"hub"}) == {"hub": VALUE}  # the next gateway's, by the same file
    with pytest.raises(StoreError, match=r"no key in .*others' opens secret 'hub'"):
        vault(tmp_path, "others").values("acme", {"hub"})


def test_one_tenants_is_not_there_for_another_not_even_by_its_row(tmp_path: Path) -> None:
    made = vault(tmp_path)
    made.put("acme", "hub", VALUE)
    with pytest.raises(SecretNotFound):
        made.values("mallory", {"hub"})
    made.store.set_secret(replace(made.store.secret("acme", "hub"), tenant="mallory"))
    with pytest.raises(StoreError, match="sealed as another's"):
        made.values("mallory", {"hub"})


def test_a_new_key_seals_all_anew_and_the_old_one_may_go(tmp_path: Path) -> None:
    old = vault(tmp_path)
    old.put("acme", "hub", VALUE)
    assert old.renew() == 0
    key = Fernet.generate_key().decode()
    old.keys.write_text(f"{key}\n{old.keys.read_text()}\n")
    assert vault(tmp_path).renew() == 1
    old.keys.write_text(key)
    assert vault(tmp_path).values("acme", {"hub"}) == {"hub": VALUE}
    assert vault(tmp_path).renew() == 0


@pytest.mark.parametrize("text", ["", "no key", "caf\u00e9"])
def test_a_file_of_no_keys_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(ServeError, match="Fernet keys, one a line"):
        vault(tmp_path).put("acme", "hub", VALUE)


def test_of_a_store_without_any_no_key_is_made(tmp_path: Path) -> None:
    assert vault(tmp_path).renew() == 0
    assert not (tmp_path / "keys").exists()
    assert sqlite3.connect(tmp_path / "raylign.db").execute("SELECT count(*) FROM secrets").fetchone() == (0,)
