"""Requests over connections that stay open, by the standard library: a client must cost less than what it measures."""

import contextlib
import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to come."""

    method: str
    path: str
    body: bytes | None = None


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


def paced(url: str, key: str, asks: Callable[[int], Ask], *, rate: float, seconds: float, clients: int) -> list[float]:
    """Seconds from the moment each request was due to its answer, at ``rate`` a second whatever the answers take.

    A server that falls behind delays all that are due meanwhile, and each of them counts.
    """
    count, numbers, turn = int(rate * seconds), itertools.count(), threading.Lock()
    begun, taken = time.perf_counter(), []

    def client() -> None:
        with connected(url) as connection:
            while True:
                with turn:
                    number = next(numbers)
                if number >= count:
                    return
                due = begun + number / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                ask = asks(number)
                send(connection, key, ask.method, ask.path, ask.body)
                taken.append(time.perf_counter() - due)

    with ThreadPoolExecutor(clients) as pool:
        for ended in [pool.submit(client) for _ in range(clients)]:
            ended.result()
    return taken
