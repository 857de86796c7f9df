"""The home directory: key, lock, and how clients find the gateway."""

import json
import stat
from pathlib import Path

import pytest

from raylign.errors import GatewayUnreachable, ServeError, Unauthorized
from raylign.service.home import KEY_VARIABLE, find_gateway, hold, load_api_key, open_home, read_api_key, write_secret


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


def test_a_secret_replaces_the_old_one_whole_and_fresh_does_not(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    with pytest.raises(FileExistsError):
        write_secret(path, "new", fresh=True)
    assert path.read_text() == "old"
    write_secret(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_client_finds_the_gateway_that_serves_a_home(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with pytest.raises(GatewayUnreachable, match="raylign serve"):
        find_gateway(tmp_path)
    home.gateway_record.write_text(json.dumps({"url": "http://127.0.0.1:5", "pid": 1}))
    with pytest.raises(Unauthorized):
        find_gateway(tmp_path)
    key = load_api_key(home)
    assert find_gateway(tmp_path) == ("http://127.0.0.1:5", key)
    assert find_gateway(tmp_path, "http://elsewhere") == ("http://elsewhere", key)
