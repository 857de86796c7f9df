"""What a job names reaches the environment of its driver, and nothing that the driver says."""

import json
import os
from pathlib import Path

import pytest

from raylign import redact, secrets
from raylign.errors import RunError
from raylign.secrets import ENVIRONMENT, VARIABLE, enter, find, named

VALUE = "correct horse battery"  # looks like no key


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ENVIRONMENT.values(), VARIABLE):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(redact, "_HIDDEN", set())


def handed(folder: Path, **values: str) -> Path:
    (folder / secrets.FILE).write_text(json.dumps(values))
    return folder


def test_libraries_find_it_and_errors_have_stars_in_its_place(tmp_path: Path) -> None:
    document = {"secrets": {"hub": "secret://mine", "wandb": None, "endpoints": {"judge": "secret://other"}}}
    assert named(document) == {"mine", "other"}
    enter(document, handed(tmp_path, mine=VALUE, other="another secret"))
    assert (os.environ["HF_TOKEN"], os.environ["WANDB_API_KEY"]) == (VALUE, "")
    assert str(RunError(f"{VALUE} and another secret are refused")) == "*** and *** are refused"
    assert find("secret://other") == "another secret"
    assert secrets.setting() == {VARIABLE: str(tmp_path / secrets.FILE)}


def test_a_job_without_any_is_left_alone(tmp_path: Path) -> None:
    enter({"secrets": {"hub": None, "endpoints": {}}}, tmp_path)
    assert secrets.setting() == {}


def test_what_nobody_handed_over_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, handed(tmp_path, other=VALUE)):
        with pytest.raises(RunError, match="'mine' is not here: a gateway hands it"):
            enter({"secrets": {"mlflow": "secret://mine"}}, folder)


def test_stages_have_one_of_a_kind(tmp_path: Path) -> None:
    stages = [{"secrets": {"hub": f"secret://{name}"}} for name in ("a", "b")]
    assert named({"stages": stages}) == {"a", "b"}
    with pytest.raises(RunError, match="'secret://a' and 'secret://b' for `secrets.hub`"):
        enter({"stages": stages}, handed(tmp_path, a=VALUE, b=VALUE))
