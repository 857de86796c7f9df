"""Where a webhook may be sent."""

import asyncio
import socket

import pytest

from raylign.errors import SpecError
from raylign.service.webhooks.address import Target, read_target, resolve

PRIVATE = [
    *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
    *(
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "ff02::1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
]


@pytest.mark.parametrize("address", PRIVATE)
async def test_what_is_not_public_is_refused_written_out_or_behind_a_name(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(SpecError, match="not public"):
        read_target(f"https://{host}/x", private=False)
    target = Target(scheme="https", host="name.example", port=443, path="/")
    meaning(monkeypatch, "93.184.215.14", address)  # one public address does not save the other
    with pytest.raises(SpecError, match="not public"):
        await resolve(target, private=False)
    assert read_target(f"http://{host}/x", private=True).port == 80


def meaning(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def getaddrinfo(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def test_a_public_name_is_connected_to_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    target = read_target("https://hooks.example:8443/in?a=b", private=False)
    assert (target.host, target.port, target.path) == ("hooks.example", 8443, "/in?a=b")
    meaning(monkeypatch, "93.184.215.14", "2606:2800:21f::1")
    assert await resolve(target, private=False) == "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/", "ftp://hooks.example/", "file:///etc/passwd", "https:///x", "https://a:99999/"),
        *("https://user:pw@hooks.example/", "https://user@hooks.example/", "https://[::1", "//hooks.example", ""),
    ],
)
def test_what_is_no_such_url_is_refused(url: str) -> None:
    with pytest.raises(SpecError, match="webhook's URL"):
        read_target(url, private=False)


async def test_a_name_without_an_address_is_no_error_of_ours() -> None:
    for host in ("nothing.invalid", "a" * 300):
        with pytest.raises(SpecError, match="has no address"):
            await resolve(Target(scheme="https", host=host, port=443, path="/"), private=False)
