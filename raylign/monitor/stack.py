"""Prometheus and Grafana as children of a command, started on the files that were written for them."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from raylign.errors import ServeError

START_S = 60.0
"""For one of them to answer."""
STOP_S = 15.0
"""For one of them to end once it is asked to."""
GRAFANA_HOMES = ("/usr/share/grafana", "/opt/homebrew/share/grafana")
"""Where packages put what Grafana serves."""


@contextlib.contextmanager
def prometheus(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Prometheus on ``folder``'s files, answering. Raises `ServeError`."""
    found = shutil.which("prometheus")
    if found is None:
        raise ServeError(
            "there is no `prometheus` on the PATH: install it (Debian: `apt install prometheus`), or give the files "
            f"below {str(folder)!r} to your own"
        )
    command = [
        *(found, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"),
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with _child("Prometheus", command, f"http://127.0.0.1:{port}/-/ready", folder / "prometheus.log") as process:
        yield process


@contextlib.contextmanager
def grafana(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes] | None]:
    """Grafana on ``folder``'s files, answering; None where it is not installed. Raises `ServeError`."""
    found, home = shutil.which("grafana"), next((home for home in GRAFANA_HOMES if Path(home).is_dir()), None)
    if found is None or home is None:
        yield None
        return
    command = [found, "server", f"--homepath={home}", f"--config={folder / 'grafana/grafana.ini'}"]
    with _child("Grafana", command, f"http://127.0.0.1:{port}/api/health", folder / "grafana.log") as process:
        yield process


@contextlib.contextmanager
def _child(name: str, command: Sequence[str], url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        _await_answer(name, process, url, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(name: str, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        time.sleep(0.1)
    why = "ended" if process.poll() is not None else f"did not answer within {START_S:g} s"
    end = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    raise ServeError(f"{name} {why}; the end of {str(log)!r}:\n{end}")
