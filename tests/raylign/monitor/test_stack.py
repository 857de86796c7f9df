"""Prometheus is started, waited for, and taken down; one that is not there or ends at once is told."""

import socket
from pathlib import Path

import httpx
import pytest

from raylign.errors import ServeError
from raylign.monitor import stack

READY = """#!/usr/bin/env python3
import http.server, sys
port = next(word for word in sys.argv if word.startswith("--web.listen-address=")).rpartition(":")[2]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def install(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / name
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_it_answers_within_and_is_gone_after(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "prometheus", READY, monkeypatch)
    with stack.prometheus(tmp_path, port) as process:
        assert httpx.get(f"http://127.0.0.1:{port}/-/ready", trust_env=False).is_success
    assert process.poll() is not None


def test_one_that_ends_is_told_with_its_last_words(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "prometheus", "#!/bin/sh\necho the port is taken\nexit 1\n", monkeypatch)
    with pytest.raises(ServeError, match=r"Prometheus ended(.|\n)*the port is taken"), stack.prometheus(tmp_path, port):
        pass


def test_one_that_never_answers_is_told(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "prometheus", "#!/bin/sh\nexec sleep 60\n", monkeypatch)
    monkeypatch.setattr(stack, "START_S", 0.3)
    with pytest.raises(ServeError, match=r"did not answer within 0\.3 s"), stack.prometheus(tmp_path, port):
        pass


def test_what_is_not_installed_is_told(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServeError, match="no `prometheus` on the PATH.*apt install"), stack.prometheus(tmp_path, port):
        pass
    with stack.grafana(tmp_path, port) as process:
        assert process is None
