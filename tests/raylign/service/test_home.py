"""The home directory: key, lock, and how clients find the gateway."""

import stat
from pathlib import Path

import pytest

from raylign.errors import GatewayUnreachable, ServeError, Unauthorized
from raylign.service.home import (
    KEY_VARIABLE,
    find_gateway,
    hold,
    load_api_key,
    load_identity,
    open_home,
    read_api_key,
    read_record,
    write_record,
)


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_the_key_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    home = open_home(tmp_path / "deep" / "home")
    with pytest.raises(Unauthorized, match="raylign serve"):
        read_api_key(home)
    key = load_api_key(home)
    assert len(key) > 40
    assert stat.S_IMODE(home.api_key.stat().st_mode) == 0o600
    assert load_api_key(home) == read_api_key(home) == key
    assert {path.name for path in home.path.iterdir()} == {"jobs", "api_key"}


def test_a_home_has_one_identity_for_ever(tmp_path: Path) -> None:
    home, other = open_home(tmp_path / "a"), open_home(tmp_path / "b")
    assert load_identity(home) == load_identity(home) != load_identity(other)


def test_the_environment_names_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "from the environment")
    home = open_home(tmp_path)
    assert load_api_key(home) == read_api_key(home) == "from the environment"
    assert not home.api_key.exists()


def test_one_gateway_holds_a_home(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with hold(home), pytest.raises(ServeError, match=r"another gateway \(pid \d+\)"), hold(home):
        pass
    with hold(home):
        pass


def test_a_home_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServeError, match="--home"):
        open_home(tmp_path / "file")


def test_a_record_is_its_owners_and_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "ray.json"
    assert read_record(path) is None
    write_record(path, {"pid": 1})
    write_record(path, {"pid": 2})
    assert read_record(path) == {"pid": 2}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_client_finds_the_gateway_that_serves_a_home(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with pytest.raises(GatewayUnreachable, match="raylign serve"):
        find_gateway(tmp_path)
    write_record(home.gateway_record, {"url": "http://127.0.0.1:5", "pid": 1})
    with pytest.raises(Unauthorized):
        find_gateway(tmp_path)
    key = load_api_key(home)
    assert find_gateway(tmp_path) == ("http://127.0.0.1:5", key)
    assert find_gateway(tmp_path, "http://elsewhere") == ("http://elsewhere", key)
