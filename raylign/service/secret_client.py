"""Secrets at a gateway, from outside: they go there and do not come back."""

from collections.abc import Callable
from typing import Any

import httpx

SecretDict = dict[str, Any]
"""A secret as the API shows it; see `raylign.service.secret_views`."""
PREFIX = "/v1/secrets"


class SecretClient:
    """A gateway's secrets: ``client.secrets``. Calls raise what the gateway raised, or `GatewayUnreachable`."""

    def __init__(self, call: Callable[..., httpx.Response]) -> None:
        self._call = call

    def set(self, name: str, value: str) -> SecretDict:
        """Keep it, in place of what it was; jobs name it ``secret://NAME``."""
        made: SecretDict = self._call("PUT", f"{PREFIX}/{name}", json={"value": value}).json()
        return made

    def all(self) -> list[SecretDict]:
        """By name."""
        found: list[SecretDict] = self._call("GET", PREFIX).json()["data"]
        return found

    def delete(self, name: str) -> None:
        """Raises `Taken` while a job that has not ended names it."""
        self._call("DELETE", f"{PREFIX}/{name}")
