"""Sends what the store's outbox holds: at least once, again and again less often, and then no more."""

import asyncio
import json
import logging
import time
from datetime import UTC, datetime

import httpx

from raylign.errors import SpecError, StoreUnavailable
from raylign.service.store import Delivery, Store
from raylign.service.webhooks.address import read_target, resolve
from raylign.service.webhooks.signature import signed

logger = logging.getLogger(__name__)

LOOK_S = 2.0
TRY_S = 15.0
"""For one try, all of it."""
AT_ONCE = 16
PAUSES_S = (5, 30, 120, 600, 3600, 18_000, 36_000)
"""After each try that failed; after the last of them it is tried once more."""


class WebhookSender:
    """Of one gateway. ``private``: whether the inner network may be sent to."""

    def __init__(
        self, store: Store, *, private: bool = False, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._store = store
        self._private = private
        self._transport = transport

    async def run(self) -> None:
        """Look for ever. Ends only when cancelled."""
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                logger.warning("%s", error)
            except Exception:
                logger.exception("webhooks are sent on after an error of the service's own")
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Send what is due."""
        due = await asyncio.to_thread(self._store.due_deliveries, time.time(), limit=AT_ONCE)
        await asyncio.gather(*map(self._deliver, due))

    async def _deliver(self, delivery: Delivery) -> None:
        wrong = await self._try(delivery)
        if not wrong:
            await asyncio.to_thread(self._store.delivered, delivery.id)
            return
        pause = PAUSES_S[delivery.tries] if delivery.tries < len(PAUSES_S) else None
        again = None if pause is None else time.time() + pause
        await asyncio.to_thread(self._store.not_delivered, delivery.id, wrong, again)

    async def _try(self, delivery: Delivery) -> str:
        """What went wrong; empty where the receiver took it. Nothing that a receiver says is kept but its status."""
        body = message(delivery)
        try:
            target = read_target(delivery.url, private=self._private)
            address = await resolve(target, private=self._private)
            host = f"[{address}]" if ":" in address else address
            named = target.host if target.port in (80, 443) else f"{target.host}:{target.port}"
            headers = signed(delivery.secret, delivery.id, int(time.time()), body)
            # No proxy of the environment, no redirects: to the address that was looked at, and to no other.
            async with (
                asyncio.timeout(TRY_S),
                httpx.AsyncClient(transport=self._transport, trust_env=False, timeout=TRY_S) as http,
                http.stream(
                    "POST",
                    f"{target.scheme}://{host}:{target.port}{target.path}",
                    content=body,
                    headers={**headers, "Host": named, "Content-Type": "application/json", "User-Agent": "raylign"},
                    extensions={"sni_hostname": target.host},
                ) as answer,
            ):
                return "" if answer.is_success else f"status {answer.status_code}"
        except SpecError as error:
            return str(error)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return f"not reached ({type(error).__name__})"


def message(delivery: Delivery) -> bytes:
    """The body: what happened, when, and to which job; all else is asked for with a key."""
    at = datetime.fromtimestamp(delivery.created_at, UTC).isoformat()
    data = {"id": delivery.job_id, "name": delivery.job_name}
    return json.dumps({"type": delivery.kind, "timestamp": at, "data": data}).encode()
