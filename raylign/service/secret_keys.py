"""API keys as text: ``rl_``, an id by which its row is found, and a secret of which only the hash is kept."""

import base64
import re
import secrets
from dataclasses import dataclass

from raylign.service.store.digest import digest

_WRITTEN = re.compile(r"rl_(?P<id>[0-9a-v]{16})_(?P<secret>[\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key, whole: shown once, to whom it is made for."""

    id: str
    """16 characters: public, it stands in lists and in the audit log."""
    secret: str
    """256 random bits. So many need no slow hash: nobody tries them all."""

    @property
    def text(self) -> str:
        """As a client sends it."""
        return f"rl_{self.id}_{self.secret}"

    @property
    def sha256(self) -> str:
        """What is kept of the secret."""
        return digest(self.secret)


def new_key() -> SecretKey:
    """A key that nobody else has."""
    return SecretKey(base64.b32hexencode(secrets.token_bytes(10)).decode().lower(), secrets.token_urlsafe(32))


def read_key(text: str) -> SecretKey | None:
    """The key that was sent, or None where it has not the form of one."""
    found = _WRITTEN.fullmatch(text)
    return SecretKey(found["id"], found["secret"]) if found else None
