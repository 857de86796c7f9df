"""The wheel where nothing else is: on its base dependencies alone it checks, plans, serves and submits."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from jobs import EXAMPLES, finish
from service import FakeRay, http_server

from raylign.service import page

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(600)]  # what it installs may come over the network

ROOT = Path(__file__).parents[1]
ABSENT = ("deepspeed", "math_verify", "numpy", "pebble", "peft", "ray", "safetensors", "torch", "transformers", "vllm")
"""What runs jobs and judges."""


def pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment into which the wheel was installed, and what it asks for."""
    folder = tmp_path_factory.mktemp("bare")
    source = folder / "source"  # a build leaves files behind, and takes those of the last one for its own
    for package in ("raylign", "actors"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    scripts = folder / "venv" / "bin"
    tested = ROOT / "requirements" / "cpu.txt"
    pip("--python", scripts / "python", "install", "--constraint", tested, *folder.glob("*.whl"))
    return scripts


def start(scripts: Path, command: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [scripts / command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=scripts,  # not where the checkout's own packages are found
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        start_new_session=True,
    )


def said(scripts: Path, command: str, *arguments: object) -> str:
    """What a command says that succeeds."""
    status, output = finish(start(scripts, command, *arguments), seconds=60)
    assert status == 0, output
    return output


@contextmanager
def serving(scripts: Path, home: Path, ray_url: str) -> Iterator[None]:
    process = start(scripts, "raylign", "serve", "--home", home, "--port", 0, "--ray-url", ray_url)
    try:
        end = time.monotonic() + 60
        while not (home / "gateway.json").exists():
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the gateway did not come up: {finish(process, seconds=1)[1]}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        status, output = finish(process, seconds=60)
    assert status == 0, output
    assert (home / "api_key").read_text() in output  # this start made it


def test_nothing_is_there_that_runs_jobs(scripts: Path) -> None:
    program = f"import importlib.util as i; print([name for name in {ABSENT} if i.find_spec(name)])"
    assert said(scripts, "python", "-c", program).strip() == "[]"
    program = "import raylign.cli.app, pathlib; print(pathlib.Path(raylign.__file__))"
    assert Path(said(scripts, "python", "-c", program).strip()).is_relative_to(scripts.parent)


@pytest.mark.parametrize("example", ["demo.yaml", "judges.yaml", "oaif.yaml"])
def test_jobs_are_checked_and_planned(scripts: Path, example: str) -> None:
    assert "is fine" in said(scripts, "raylign", "check", EXAMPLES / example)
    plan = json.loads(said(scripts, "raylign", "plan", EXAMPLES / example, "--cpus", 8, "--json"))
    assert {"policy", "rollout"} <= {actor["role"] for actor in plan["actors"]}


def test_a_job_is_served_and_submitted_to_ray(scripts: Path, tmp_path: Path) -> None:
    ray, home = FakeRay(), tmp_path / "home"
    with http_server(ray.app()) as ray_url, serving(scripts, home, ray_url):
        sent = json.loads(said(scripts, "raylign", "submit", EXAMPLES / "crpg.yaml", "--home", home, "--json"))
        end = time.monotonic() + 30
        while not ray.submits and time.monotonic() < end:
            time.sleep(0.05)
        (submitted,) = ray.submits
        assert submitted["metadata"]["raylign_job_id"] == sent["id"]
        (found,) = json.loads(said(scripts, "raylign", "jobs", "--home", home, "--json"))
        assert (found["id"], found["state"]) == (sent["id"], "starting")
        url = json.loads((home / "gateway.json").read_text())["url"]
        for name, asset in page.load().items():
            assert httpx.get(f"{url}/page/{name}").content == asset.content, name
