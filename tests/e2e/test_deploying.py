"""docs/deploying.md, bare metal: its commands, word for word but for two values, run on local processes."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from jobs import EXAMPLES, PATIENCE_S, finish

PAGE = Path(__file__).parents[2] / "docs" / "deploying.md"
BLOCKS = dict(re.findall(r"^```sh (\S+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE))
"""Commands by whose they are."""
SAME_MACHINE = " --dashboard-agent-listen-port=52466 --metrics-export-port=0"
"""What a second node needs where the first has the usual ports already."""


def commands(who: str, shared: Path) -> str:
    """With the page's two values in place of a reader's own."""
    known = BLOCKS["everywhere"].replace("/srv/raylign", str(shared)).replace("10.0.0.1", "127.0.0.1")
    assert str(shared) in known
    assert "127.0.0.1" in known
    return known + BLOCKS[who]


def shell(text: str, place: Path, **more: str) -> "subprocess.Popen[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "RAYLIGN_"))}
    return subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=place,
        env={**inherited, "PATH": path, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@contextmanager
def running(text: str, place: Path, says: str, **more: str) -> Iterator[None]:
    """What stays in the foreground, once it has said so; ended afterwards as systemd would."""
    log = place / f"{abs(hash(text))}.log"
    process = shell(f"exec > {log} 2>&1\n{text}", place, **more)
    try:
        end = time.monotonic() + PATIENCE_S / 2
        while says not in (log.read_text() if log.exists() else ""):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, 15)
        try:
            finish(process, seconds=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)


@pytest.mark.ray
@pytest.mark.proof
@pytest.mark.timeout(2 * PATIENCE_S)
def test_bare_metal_is_followed_word_for_word(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shutil.copytree(EXAMPLES, shared / "models")
    job = (EXAMPLES / "sft.yaml").read_text().replace("steps: 40", "steps: 2")
    (shared / "models" / "job.yaml").write_text(job)
    place = shared / "models"
    with ExitStack() as stack:
        # Of its own, and short: Ray's sockets lie below it, and no other Ray here is to find this one.
        temporary = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="rl-", dir="/tmp", ignore_cleanup_errors=True)
        )
        stack.enter_context(running(commands("head", shared), place, "Ray runtime started", RAY_TMPDIR=temporary))
        worker = commands("worker", shared).rstrip() + SAME_MACHINE
        stack.enter_context(running(worker, place, "Ray runtime started", RAY_TMPDIR=temporary))
        stack.enter_context(running(commands("gateway", shared), place, "Send a job"))
        status, said = finish(shell(commands("client", shared), place))
    assert status == 0, said
    assert "succeeded" in said, said
    [run] = (shared / "home" / "jobs").iterdir()
    assert (run / "model" / "config.json").is_file()
