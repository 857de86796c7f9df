"""Webhooks and their outbox in the store."""

import time
from pathlib import Path

import pytest
from service import job, open_store

from raylign.errors import OverQuota, WebhookNotFound
from raylign.service.store import WebhookRecord
from raylign.service.store.webhooks import MOST


def hook(number: int, tenant: str = "acme") -> WebhookRecord:
    return WebhookRecord(id=f"wh_{number}", tenant=tenant, url="https://x/", secret="whsec_AA==", created_at=1.0)


def test_they_are_a_tenants_and_no_more_than_may_be(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for number in range(MOST):
        store.add_webhook(hook(number))
    with pytest.raises(OverQuota, match=f"has {MOST} webhooks"):
        store.add_webhook(hook(MOST))
    store.add_webhook(hook(99, "other"))
    assert [len(store.webhooks(tenant)) for tenant in ("acme", "other", None)] == [MOST, 1, MOST + 1]
    for call in (store.webhook, store.delete_webhook):
        with pytest.raises(WebhookNotFound, match="'wh_99'"):
            call("wh_99", "acme")
    assert store.webhook("wh_99", None)[0].tenant == "other"


def test_an_end_is_in_the_outbox_as_soon_as_the_job_has_ended_and_goes_with_its_webhook(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.add_webhook(hook(1))
    made, _ = store.create(job(), tenant="acme")
    assert store.due_deliveries(time.time(), limit=9) == []
    store.cancel(made.id)
    [due] = store.due_deliveries(time.time(), limit=9)
    assert (due.kind, due.job_id, due.url, due.tries) == ("job.cancelled", made.id, "https://x/", 0)
    store.not_delivered(due.id, "x" * 999, time.time() + 60)
    assert store.due_deliveries(time.time(), limit=9) == []
    assert len(store.webhook("wh_1", "acme")[1][0].error) == 500
    store.delete_webhook("wh_1", "acme")
    assert store.webhooks("acme") == []
