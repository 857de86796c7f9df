"""Names that the service gives to things."""

import base64
import secrets
import time


def new_id(kind: str) -> str:
    """``kind``, ``_`` and 26 lower-case base32 characters; ids sort by the millisecond they were made in."""
    raw = (time.time_ns() // 1_000_000).to_bytes(6, "big") + secrets.token_bytes(10)
    # base32hex keeps the order of the bytes; plain base32 does not.
    return f"{kind}_" + base64.b32hexencode(raw).decode().rstrip("=").lower()
