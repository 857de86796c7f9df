"""Webhooks in the store: who is told of a tenant's jobs, and the outbox of what is to be told."""

import time
from dataclasses import dataclass, fields

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from raylign.errors import OverQuota, WebhookNotFound
from raylign.service.store.database import Database
from raylign.service.store.ids import new_id
from raylign.service.store.records import JobRecord
from raylign.service.store.schema import deliveries, webhooks
from raylign.service.store.states import ENDINGS, State

MOST = 10
"""Webhooks of one tenant: each of its jobs' ends is sent to all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRecord:
    """Who is told."""

    id: str
    tenant: str
    url: str
    secret: str
    """What signs: it has to be kept as it is."""
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is to be told, to whom. Times are Unix seconds."""

    id: str
    """The message's, whatever number of tries it takes."""
    kind: str
    """``job.succeeded``, ``job.failed``, ``job.cancelled``."""
    job_id: str
    job_name: str
    created_at: float
    tries: int
    """That failed."""
    next_at: float | None
    """When it is tried; None: no more."""
    delivered_at: float | None
    error: str
    """Why the last try failed."""
    url: str
    secret: str


_HOOK = [webhooks.c[field.name] for field in fields(WebhookRecord)]
_NAMES = tuple(field.name for field in fields(Delivery))
_COLUMNS = [*(deliveries.c[name] for name in _NAMES[:-2]), webhooks.c.url, webhooks.c.secret]
_JOINED = deliveries.join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
_DUE = (
    select(*_COLUMNS)
    .select_from(_JOINED)
    .where(deliveries.c.next_at <= bindparam("now"))
    .order_by(deliveries.c.next_at)
    .limit(bindparam("limit"))
)


class Webhooks:
    """The part of the store that is about webhooks."""

    _database: Database

    def add_webhook(self, hook: WebhookRecord) -> None:
        """Raises `OverQuota` where its tenant has as many as may be."""
        with self._database.writing() as connection:
            values = {field.name: getattr(hook, field.name) for field in fields(WebhookRecord)}
            connection.execute(insert(webhooks).values(values))
            mine = select(func.count()).select_from(webhooks).where(webhooks.c.tenant == hook.tenant)
            if connection.execute(mine).scalar_one() > MOST:
                raise OverQuota(f"tenant {hook.tenant!r} has {MOST} webhooks, as many as may be: delete one first")

    def webhooks(self, tenant: str | None) -> list[WebhookRecord]:
        """A tenant's, or all, oldest first."""
        query = select(*_HOOK).order_by(webhooks.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query if tenant is None else query.where(webhooks.c.tenant == tenant))
            return [WebhookRecord(**row._mapping) for row in rows]

    def webhook(self, hook_id: str, tenant: str | None) -> tuple[WebhookRecord, list[Delivery]]:
        """A tenant's own, or anybody's, with its newest deliveries. Raises `WebhookNotFound`."""
        with self._database.reading() as connection:
            row = connection.execute(select(*_HOOK).where(webhooks.c.id == hook_id)).one_or_none()
            if row is None or tenant not in (None, row.tenant):
                raise WebhookNotFound(f"there is no webhook {hook_id!r}; GET /v1/webhooks lists all")
            sent = select(*_COLUMNS).select_from(_JOINED).where(deliveries.c.webhook_id == hook_id)
            newest = connection.execute(sent.order_by(deliveries.c.id.desc()).limit(20))
            return WebhookRecord(**row._mapping), [Delivery(**one._mapping) for one in newest]

    def delete_webhook(self, hook_id: str, tenant: str | None) -> None:
        """With what is still to be told it. Raises `WebhookNotFound`."""
        self.webhook(hook_id, tenant)
        with self._database.writing() as connection:
            connection.execute(delete(deliveries).where(deliveries.c.webhook_id == hook_id))
            connection.execute(delete(webhooks).where(webhooks.c.id == hook_id))

    def due_deliveries(self, now: float, *, limit: int) -> list[Delivery]:
        """What is to be sent by now, that which waits longest first."""
        with self._database.reading() as connection:
            return [Delivery(**row._mapping) for row in connection.execute(_DUE, {"now": now, "limit": limit})]

    def delivered(self, delivery_id: str) -> None:
        """Its receiver took it."""
        with self._database.writing() as connection:
            this = deliveries.c.id == delivery_id
            connection.execute(update(deliveries).where(this).values(delivered_at=time.time(), next_at=None, error=""))

    def not_delivered(self, delivery_id: str, error: str, next_at: float | None) -> None:
        """Its receiver did not."""
        with self._database.writing() as connection:
            this = update(deliveries).where(deliveries.c.id == delivery_id)
            values = {"error": error[:500], "next_at": next_at, "tries": deliveries.c.tries + 1}
            connection.execute(this.values(values))


def tell_end(connection: Connection, job: JobRecord, state: State) -> None:
    """Put it into the outbox that a job has ended, for each webhook of its tenant: in the transaction that ends it."""
    hooks = connection.execute(select(webhooks.c.id).where(webhooks.c.tenant == job.tenant)).scalars().all()
    now = time.time()
    for hook_id in hooks:
        row = {
            "id": new_id("msg"),
            "webhook_id": hook_id,
            "kind": f"job.{ENDINGS[state]}",
            "job_id": job.id,
            "job_name": job.name,
            "created_at": now,
            "tries": 0,
            "next_at": now,
            "error": "",
        }
        connection.execute(insert(deliveries).values(row))
