"""What a driver is started with."""

import json
import os
import shlex
import stat
import sys
from pathlib import Path

import pytest

from raylign.judges import libraries
from raylign.plan.confinement import Confinement
from raylign.service.dispatch.launch import entrypoint, env_vars, prepare
from raylign.service.reporter import read_token
from raylign.service.store import AttemptRecord, AttemptState


def attempt(n: int) -> AttemptRecord:
    return AttemptRecord(
        job_id="job_x",
        n=n,
        submission_id=f"job_x-a{n}",
        state=AttemptState.CREATED,
        reason="",
        created_at=0.0,
        submitted_at=None,
        reported_at=None,
        stop_asked_at=None,
        ended_at=None,
    )


def test_a_second_attempt_has_a_token_of_its_own_and_the_first_ones_job(tmp_path: Path) -> None:
    run = tmp_path / "run"
    prepare(run, {"name": "first"}, "token 1")
    prepare(run, {"name": "changed"}, "token 2")
    assert json.loads((run / "job.json").read_text()) == {"name": "first"}
    assert read_token(run) == "token 2"
    assert {stat.S_IMODE(path.stat().st_mode) for path in run.iterdir()} == {0o600}
    assert stat.S_IMODE(run.stat().st_mode) == 0o700


def test_a_run_directory_in_a_place_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        prepare(tmp_path / "away" / "run", {}, "token")


def test_the_command_line_says_where_the_job_may_read() -> None:
    confinement = Confinement(roots=(Path("/home/tenants/acme"), Path("/my models; ls")), stores=("s3://b",))
    words = shlex.split(entrypoint(attempt(1), Path("/run"), "http://127.0.0.1:1", confinement))
    assert words[-6:] == ["--within", "/home/tenants/acme", "--within", "/my models; ls", "--store-within", "s3://b"]
    assert "--within" not in entrypoint(attempt(1), Path("/run"), "http://127.0.0.1:1")


def test_the_command_line_survives_a_shell_whatever_the_home_is_called() -> None:
    run_dir = Path("/tmp/my home; rm -rf ~/$HOME")
    words = shlex.split(entrypoint(attempt(3), run_dir, "http://127.0.0.1:1"))
    assert words == [
        *(sys.executable, "-m", "actors", "run", "--run-dir", str(run_dir)),
        *("--report", "http://127.0.0.1:1", "--job-id", "job_x", "--attempt", "3"),
    ]


def test_the_environment_that_everybody_sees_leads_to_this_code_and_holds_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/of/the/user")
    monkeypatch.setenv("RAYLIGN_API_KEY", "rl_secret")
    monkeypatch.setenv(libraries.VARIABLE, "numpy")
    told = env_vars()
    root, *others = told["PYTHONPATH"].split(os.pathsep)
    assert (Path(root) / "raylign" / "service" / "dispatch" / "launch.py").is_file()
    assert others == ["/of/the/user"]
    assert int(told["RAY_JOB_STOP_WAIT_TIME_S"]) >= 10
    assert "rl_secret" not in str(told)
