"""How the store remembers what it must not keep: tokens; and what is too long to compare: documents."""

import hashlib


def digest(text: str) -> str:
    """SHA-256 of a text, as hex."""
    return hashlib.sha256(text.encode()).hexdigest()
