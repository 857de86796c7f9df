"""A Ray head of the service's own: found again, told apart, stopped, and reported where it does not come up."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from raylign.errors import ServeError
from raylign.service.dispatch.local_ray import find_ray, start_ray, stop_ray
from raylign.service.home import Home, open_home, read_record, write_record


def test_a_recorded_ray_whose_process_is_another_now_is_not_taken_for_ours(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    record = {
        "pid": os.getpid(),
        "created": time.time() - 1e6,
        "dashboard_url": "",
        "gcs_address": "",
        "temp_dir": str(tmp_path / "t"),
    }
    write_record(home.ray_record, record)
    assert find_ray(home) is None
    stop_ray(home)  # and above all it is not killed
    assert not home.ray_record.exists()


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[tuple[Home, "subprocess.Popen[bytes]"]]:
    """A home whose record names a process that lives, with a child of its own and a temp directory."""
    home = open_home(tmp_path / "home")
    (tmp_path / "temp").mkdir()
    parent = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & wait"])
    write_record(
        home.ray_record,
        {
            "pid": parent.pid,
            "created": psutil.Process(parent.pid).create_time(),
            "dashboard_url": "http://127.0.0.1:9",
            "gcs_address": "127.0.0.1:9",
            "temp_dir": str(tmp_path / "temp"),
        },
    )
    yield home, parent
    parent.kill()
    parent.wait()


def test_a_recorded_ray_is_found_while_its_process_lives(recorded: tuple[Home, "subprocess.Popen[bytes]"]) -> None:
    home, parent = recorded
    found = find_ray(home)
    assert found is not None
    assert found.pid == parent.pid
    parent.kill()
    os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now, and still has its number
    assert find_ray(home) is None


def test_stopping_ends_the_head_and_all_it_started_and_removes_its_files(
    recorded: tuple[Home, "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    home, parent = recorded
    while not (children := psutil.Process(parent.pid).children()):
        pass
    stop_ray(home, grace_s=0.2)
    assert parent.poll() is not None
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert not (tmp_path / "temp").exists()
    assert read_record(home.ray_record) is None
    stop_ray(home)  # nothing is left to stop


def test_a_ray_that_ends_at_once_is_an_error_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in Ray's place tells how it was started, and ends."""
    home, ray = open_home(tmp_path / "home"), tmp_path / "ray"
    ray.write_text('#!/bin/sh\necho "$@"; env | grep ^RAY_; echo bad luck; exit 1\n')
    ray.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("RAY_ADDRESS", "elsewhere:1")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "another's")
    with pytest.raises(ServeError, match="(?s)the local Ray ended at once.*bad luck") as refused:
        start_ray(home, num_cpus=2)
    said = str(refused.value)
    assert "--num-cpus=2" in said
    assert f"RAY_AUTH_TOKEN_PATH={home.ray_token}" in said
    assert "elsewhere" not in said
    assert "another's" not in said
    assert home.ray_token.read_text() not in said
    assert read_record(home.ray_record) is None


def test_without_ray_the_service_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ServeError, match="install raylign with its `cpu` or `gpu` extra"):
        start_ray(open_home(tmp_path))
