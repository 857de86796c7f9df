"""A gateway, as commands reach it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raylign.service.client import Client


def connect(home: Path, url: str | None) -> "Client":
    """A client of the gateway at ``url``, or of the one that serves ``home``."""
    from raylign.service.client import Client
    from raylign.service.home import find_ca, find_gateway

    return Client(*find_gateway(home, url), ca=find_ca(home) if url is None else None)
