"""What the API says of webhooks. Times are Unix seconds."""

from typing import Annotated, Self

from pydantic import BaseModel, StringConstraints

from raylign.service.store import Delivery, WebhookRecord


class NewWebhook(BaseModel):
    """What is asked for."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[\x21-\x7e]{1,2000}$")]
    """Where to POST to: a public address, by HTTPS."""


class WebhookView(BaseModel):
    """Who is told of the ends of a tenant's jobs."""

    id: str
    tenant: str
    url: str
    created_at: float

    @classmethod
    def of(cls, hook: WebhookRecord) -> Self:
        """Without its secret."""
        return cls(id=hook.id, tenant=hook.tenant, url=hook.url, created_at=hook.created_at)


class MadeWebhook(WebhookView):
    """A new one."""

    secret: str
    """What its receiver verifies signatures with, as Standard Webhooks has it; shown this once."""


class DeliveryView(BaseModel):
    """One message to a webhook."""

    id: str
    kind: str
    job_id: str
    created_at: float
    tries: int
    """That failed."""
    next_at: float | None
    """When it is tried; None where it was delivered, or given up."""
    delivered_at: float | None
    error: str
    """Why the last try failed."""


class WebhookDetail(WebhookView):
    """One with its newest messages."""

    deliveries: list[DeliveryView]

    @classmethod
    def with_deliveries(cls, hook: WebhookRecord, sent: list[Delivery]) -> Self:
        """Newest first."""
        shown = [DeliveryView.model_validate(one, from_attributes=True) for one in sent]
        return cls(**dict(WebhookView.of(hook)), deliveries=shown)


class WebhookPage(BaseModel):
    """All of them, oldest first."""

    data: list[WebhookView]
