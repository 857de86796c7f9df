"""Where an engine listens: one line of its log, which only who knows its token can have written.

Whoever can write into a log could otherwise have questions, and the token with them, sent to an address of its own.
"""

import hashlib
import hmac

HEAD = "raylign answers at"


def notice(address: str, token: str) -> str:
    """The line. ``address``: ``http://10.0.0.7:41234``."""
    return f"{HEAD} {address} {_sealed(address, token)}"


def told(log: str, token: str) -> str | None:
    """The address that the newest true line of a log tells; None while there is none."""
    for line in reversed(log.splitlines()):
        _, found, rest = line.partition(HEAD)
        address, _, seal = rest.strip().partition(" ")
        if found and hmac.compare_digest(seal.strip().encode(), _sealed(address, token).encode()):
            return address
    return None


def _sealed(address: str, token: str) -> str:
    return hmac.new(token.encode(), address.encode(), hashlib.sha256).hexdigest()
