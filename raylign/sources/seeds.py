"""Randomness without history: every seed is a function of what it is for."""

import hashlib


def derive(*parts: int | str) -> int:
    """A 63-bit seed from e.g. ``(run seed, "step 7", prompt id, index)``: the same on every machine, every time."""
    digest = hashlib.blake2b("\x1f".join(map(repr, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
