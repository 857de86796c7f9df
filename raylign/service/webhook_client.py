"""Webhooks of a gateway, from outside."""

from collections.abc import Callable
from typing import Any

import httpx

WebhookDict = dict[str, Any]
"""A webhook as the API shows it; see `raylign.service.webhook_views`."""
PREFIX = "/v1/webhooks"


class WebhookClient:
    """A gateway's webhooks: ``client.webhooks``. Calls raise what the gateway raised, or `GatewayUnreachable`."""

    def __init__(self, call: Callable[..., httpx.Response]) -> None:
        self._call = call

    def create(self, url: str) -> WebhookDict:
        """Have the ends of one's jobs sent there. Its ``secret`` is shown this once."""
        made: WebhookDict = self._call("POST", PREFIX, json={"url": url}).json()
        return made

    def all(self) -> list[WebhookDict]:
        """Oldest first."""
        found: list[WebhookDict] = self._call("GET", PREFIX).json()["data"]
        return found

    def get(self, webhook_id: str) -> WebhookDict:
        """One with its newest ``deliveries``."""
        found: WebhookDict = self._call("GET", f"{PREFIX}/{webhook_id}").json()
        return found

    def delete(self, webhook_id: str) -> None:
        """Tell it no more."""
        self._call("DELETE", f"{PREFIX}/{webhook_id}")
