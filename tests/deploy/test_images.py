"""The images: what they copy, install, run and listen on is there, and nothing else goes into them."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import deployed
import pytest
from deployed import IMAGES, ROOT, instruction, instructions

from raylign.service.home import Home

HADOLINT = Path(sys.executable).parent / "hadolint"
INSTALLER = (ROOT / "deploy/install.sh").read_text()


@pytest.fixture(params=IMAGES)
def dockerfile(request: pytest.FixtureRequest) -> Path:
    return IMAGES[request.param]


def runs(dockerfile: Path) -> str:
    """All that is run while it is built."""
    return "\n".join(rest for word, rest in instructions(dockerfile) if word == "RUN")


def test_there_are_two() -> None:
    assert set(IMAGES) == {"cpu", "cuda"}


def test_hadolint_finds_nothing(dockerfile: Path) -> None:
    done = subprocess.run([str(HADOLINT), str(dockerfile)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_what_is_copied_is_there_and_sent_to_the_builder(dockerfile: Path) -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"  # all the rest, secrets among it, stays here
    copied = [rest.split()[:-1] for word, rest in instructions(dockerfile) if word == "COPY" and "--from" not in rest]
    for source in [source for sources in copied for source in sources]:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in sent, source
    assert {"raylign", "actors"} <= {source for sources in copied for source in sources}


def test_it_runs_as_nobody_and_its_home_is_that_user_s_alone(dockerfile: Path) -> None:
    user, group = instruction(dockerfile, "USER").split(":")
    assert int(user) >= 10_000
    assert f"useradd --uid {user} --gid {group}" in runs(dockerfile)
    assert instruction(dockerfile, "USER") == instruction(IMAGES["cpu"], "USER")
    home = Home(Path(instruction(dockerfile, "VOLUME")))
    [made] = re.findall(r"install -d -m 0700 -o raylign -g raylign (\S+)", runs(dockerfile))
    assert Path(made) == home.path
    assert f"RAYLIGN_HOME={home.path}" in instruction(dockerfile, "ENV")


def test_its_command_and_its_health_are_the_gateway_s(dockerfile: Path) -> None:
    said = deployed.command(json.loads(instruction(dockerfile, "CMD")))
    port = deployed.default("serve", "port")
    assert (said["host"], said["port"]) == ("0.0.0.0", port)
    assert instruction(dockerfile, "EXPOSE") == str(port)
    [probe] = json.loads(instruction(dockerfile, "HEALTHCHECK").partition("CMD ")[2])[2:]
    compile(probe, "probe", "exec")
    assert f"http://localhost:{port}/livez" in probe


def test_its_variables_are_ones_that_something_reads(dockerfile: Path) -> None:
    last = instruction(dockerfile, "ENV")
    named = {word.partition("=")[0] for word in shlex.split(last)} - {"PATH", "PYTHONUNBUFFERED"}
    assert named
    assert named - deployed.variables() == set()


def test_the_sandbox_s_program_is_installed_as_by_hand(dockerfile: Path) -> None:
    [package] = re.findall(r"^provide bwrap (\S+)", INSTALLER, re.MULTILINE)
    assert re.search(rf"apt-get install .*\b{package}\b", runs(dockerfile))
    assert "/var/lib/apt/lists" in runs(dockerfile)


def test_without_a_gpu_the_lock_is_installed_and_nothing_it_leaves_out() -> None:
    text = runs(IMAGES["cpu"])
    [torch] = re.findall(r"--no-deps --torch-backend=cpu (torch==\S+?);", INSTALLER)
    assert f"--no-deps --torch-backend=cpu {torch}" in text
    assert "pip install --no-deps -r requirements/cpu.txt" in text
    assert "pip install --no-deps ." in text
    installs = re.findall(r"pip install [^\n&]*", text)
    free = [line for line in installs if "--no-deps" not in line]
    assert [line.split()[2] for line in free] == ["uv==0.13.9", "-c"]  # a tool beside it; what may not move the lock


def test_with_a_gpu_the_extras_are_ones_of_the_package() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    [named] = re.findall(r"'\.\[([\w,]+)\]'", runs(IMAGES["cuda"]))
    assert "gpu" in named.split(",")
    assert set(named.split(",")) <= set(extras)


def test_both_reach_postgresql() -> None:
    locked = (ROOT / "requirements/cpu.txt").read_text()
    assert re.search(r"^psycopg==", locked, re.MULTILINE)
    assert re.search(r"^psycopg-binary==", locked, re.MULTILINE)
    assert "postgres" in runs(IMAGES["cuda"])
