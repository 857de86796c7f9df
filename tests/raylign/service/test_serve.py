"""How the service speaks HTTP."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from service import live_service, open_store

from raylign.errors import ServeError
from raylign.service.home import open_home
from raylign.service.serve import MAX_HEAD, Settings, _confines, _listening, serve


def test_the_socket_says_that_it_is_tcp() -> None:
    """Else asyncio leaves Nagle's algorithm on, and every answer waits 40 ms for an acknowledgement."""
    with _listening("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP


def test_headers_without_end_are_cut_off(tmp_path: Path) -> None:
    """They come before any key: nobody may fill the gateway's memory with them."""
    with live_service(tmp_path) as service:
        address = urlsplit(service.url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as stranger:
            stranger.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * (MAX_HEAD + 1))
            assert stranger.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("host", "paths", "trusts"),
    [
        *(("127.0.0.1", [], True), ("::1", [], True), ("localhost", [], True), ("127.0.0.1", ["/models"], False)),
        *(("0.0.0.0", [], False), ("::", [], False), ("10.0.0.7", [], False), ("gateway.example", [], False)),
    ],
)
def test_only_a_gateway_for_this_machine_alone_trusts_its_own_tenant(
    tmp_path: Path, host: str, paths: list[str], trusts: bool
) -> None:
    settings = Settings(host=host, allowed_paths=[Path(path) for path in paths])
    confines = _confines(open_home(tmp_path), open_store(tmp_path), settings)
    assert (confines.trusts_default, [*confines.allowed]) == (trusts, [Path(path) for path in paths])


def test_a_port_in_use_is_named_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        with pytest.raises(ServeError, match=rf"{port}.*--port"):
            serve(tmp_path, Settings(port=port))
    assert not (tmp_path / "ray.json").exists()
