"""Requests over connections that stay open, by the standard library: a client must cost less than what it measures."""

import contextlib
import http.client
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

TIMEOUT_S = 20


@contextlib.contextmanager
def connected(url: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to a server on this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=TIMEOUT_S)
    try:
        yield connection
    finally:
        connection.close()


def send(connection: http.client.HTTPConnection, key: str, method: str, path: str, body: bytes | None = None) -> bytes:
    """The answer's body. Ends the benchmark where it is no success."""
    headers = {"Authorization": f"Bearer {key}"} | ({"Content-Type": "application/json"} if body else {})
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise SystemExit(f"{method} {path}: {response.status} {answer[:500]!r}")
    return answer


def ask(url: str, key: str, method: str, path: str, body: bytes | None = None) -> bytes:
    """One request over a connection of its own."""
    with connected(url) as connection:
        return send(connection, key, method, path, body)


def latencies(url: str, key: str, paths: Sequence[str]) -> list[float]:
    """Seconds of a GET of each path, one after the other."""
    seconds = []
    with connected(url) as connection:
        for path in paths:
            begun = time.perf_counter()
            send(connection, key, "GET", path)
            seconds.append(time.perf_counter() - begun)
    return seconds


def duration(url: str, key: str, path: str, body: bytes, *, count: int, clients: int) -> float:
    """Seconds in which so many clients POST ``body`` ``count`` times between them."""

    def post(times: int) -> None:
        with connected(url) as connection:
            for _ in range(times):
                send(connection, key, "POST", path, body)

    shares = [count // clients + (number < count % clients) for number in range(clients)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(post, shares))
    return time.perf_counter() - begun
