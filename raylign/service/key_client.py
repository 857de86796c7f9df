"""API keys of a gateway, from outside, with one that has the scope admin."""

from collections.abc import Callable, Collection
from typing import Any

import httpx

KeyDict = dict[str, Any]
"""A key as the API shows it; see `raylign.service.key_views`."""
PREFIX = "/v1/keys"


class KeyClient:
    """A gateway's keys: ``client.keys``. Calls raise what the gateway raised, or `GatewayUnreachable`."""

    def __init__(self, call: Callable[..., httpx.Response]) -> None:
        self._call = call

    def create(
        self,
        name: str,
        *,
        tenant: str = "default",
        scopes: Collection[str] = ("read", "submit"),
        lasts_s: float | None = None,
    ) -> KeyDict:
        """A new one; its ``key`` is shown this once."""
        wanted = {"name": name, "tenant": tenant, "scopes": sorted(scopes), "lasts_s": lasts_s}
        made: KeyDict = self._call("POST", PREFIX, json=wanted).json()
        return made

    def all(self, *, tenant: str | None = None) -> list[KeyDict]:
        """Oldest first, with those that are no longer taken."""
        found: list[KeyDict] = self._call("GET", PREFIX, params={"tenant": tenant} if tenant else {}).json()["data"]
        return found

    def revoke(self, key_id: str) -> KeyDict:
        """Have it taken no more."""
        found: KeyDict = self._call("POST", f"{PREFIX}/{key_id}/revoke").json()
        return found

    def rotate(self, key_id: str, *, grace_s: float = 0) -> KeyDict:
        """A new one in its place; the old one is taken for ``grace_s`` more seconds."""
        made: KeyDict = self._call("POST", f"{PREFIX}/{key_id}/rotate", params={"grace_s": grace_s}).json()
        return made
