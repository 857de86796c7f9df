from pathlib import Path

import pytest
from pydantic import ValidationError

from raylign.errors import RunError
from raylign.judges.endpoints import registry
from raylign.judges.endpoints.registry import VARIABLE, Registration, find, registered, setting
from raylign.service.dispatch.launch import env_vars

FILE = """
large: {url: "https://models.example.com/v1", model: large-1, key_env: LARGE_KEY}
scores: {url: "http://scores:8000/rate"}
"""


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "endpoints.yaml"
    path.write_text(FILE)
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_an_endpoint_is_found_by_its_name(operator: Path) -> None:
    assert set(registered()) == {"large", "scores"}
    assert find("large").model == "large-1"
    with pytest.raises(RunError, match=r"endpoint 'lage' is not registered here \(known are large, scores\)"):
        find("lage")


def test_where_nothing_is_said_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert (registered(), setting()) == ({}, {})
    with pytest.raises(RunError, match="none is"):
        find("large")


def test_the_key_is_read_where_it_is_used_and_handed_to_nobody(operator: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARGE_KEY", " s3cret\n")
    assert find("large").key("large") == "s3cret"
    assert find("scores").key("scores") is None
    assert env_vars()[VARIABLE] == str(operator)
    told = [repr(find("large")), find("large").model_dump_json(), *map(str, env_vars().items())]
    assert not any("s3cret" in text for text in told)


def test_a_key_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    assert Registration(url="http://a", key_file=str(tmp_path / "key")).key("a") == "s3cret"


@pytest.mark.parametrize("key", ["", " \n", "two\nlines", "sch\u00f6n", "\x00"])
def test_a_key_that_is_none_is_refused_and_not_shown(key: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(key)
    with pytest.raises(RunError, match="endpoint 'a' has its key in .*, which holds none on this machine") as refused:
        Registration(url="http://a", key_file=str(tmp_path / "key")).key("a")
    assert not key.strip() or key not in str(refused.value)


@pytest.mark.parametrize("settings", [{"url": "ftp://a"}, {"url": "http://a?x"}, {"url": "a"}, {}])
def test_a_place_that_is_none_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Registration(**settings)
    with pytest.raises(ValidationError, match="not in both"):
        Registration(url="http://a", key_env="A", key_file="b")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: {url: 's3cret'}", "a|url: String should match pattern"),
        ("a: {url: 'http://a', api_key: s3cret}", "api_key: Extra inputs"),
        ("[1]", "it must map names to settings"),
        ("a: {", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_told_without_what_it_holds(operator: Path, text: str, says: str) -> None:
    operator.write_text(text)
    with pytest.raises(RunError, match=says) as refused:
        registered()
    assert "s3cret" not in str(refused.value)
    operator.unlink()
    with pytest.raises(RunError, match="FileNotFoundError"):
        registry.registered()
