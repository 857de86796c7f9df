"""Where a webhook may be sent: to public addresses, by HTTPS, unless the operator allows the inner network, too.

A name is resolved once, every address that it has is looked at, and the connection goes to one of those: a name that
means another address a moment later leads nowhere.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from raylign.errors import SpecError

RESOLVE_S = 5.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that was looked at."""

    scheme: str
    host: str
    port: int
    path: str
    """With its query."""


def read_target(url: str, *, private: bool) -> Target:
    """Raise `SpecError` for a URL to which nothing is sent. ``private``: whether the inner network is allowed."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise SpecError(f"the webhook's URL is none: {error}") from None
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not host:
        raise SpecError(f"a webhook's URL begins with {' or '.join(f'{one}://' for one in schemes)} and names a host")
    if parts.username is not None or parts.password is not None:
        raise SpecError("a webhook's URL names no user or password: its receiver knows us by the signature")
    try:
        literal: Address | None = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if literal is not None and not private and not is_public(literal):
        raise SpecError("a webhook's URL names an address that is not public, which this service sends nothing to")
    query = f"?{parts.query}" if parts.query else ""
    return Target(
        scheme=parts.scheme,
        host=host,
        port=port or {"https": 443}.get(parts.scheme, 80),
        path=(parts.path or "/") + query,
    )


async def resolve(target: Target, *, private: bool) -> str:
    """The address to connect to. Raises `SpecError` where there is none, or one of them is not public."""
    try:
        async with asyncio.timeout(RESOLVE_S):
            found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        raise SpecError(f"the name {target.host!r} has no address") from None
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses or not (private or all(map(is_public, addresses))):
        raise SpecError(f"the name {target.host!r} has an address that is not public")
    return str(addresses[0])


def is_public(address: Address) -> bool:
    """Whether it is one of the internet's, also by what it stands for where it carries another."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None:
            return False  # tunnels to wherever
    return address.is_global and not address.is_multicast
