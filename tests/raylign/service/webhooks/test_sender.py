"""Webhooks, sent: signed, at least once, again later, to the address that was looked at and no other."""

import json
import time
from pathlib import Path

import httpx
import pytest
from service import TOKEN, end, job, open_store, started

from raylign.service.store import State, Store, WebhookRecord
from raylign.service.webhooks.sender import PAUSES_S, WebhookSender
from raylign.service.webhooks.signature import new_secret, signed

SECRET = new_secret()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(tmp_path)
    for hook, tenant, url in (
        ("wh_1", "default", "http://127.0.0.1:9/in?x=1"),
        ("wh_2", "other", "http://127.0.0.1:9/no"),
    ):
        store.add_webhook(WebhookRecord(id=hook, tenant=tenant, url=url, secret=SECRET, created_at=1.0))
    return store


class Receiver(httpx.AsyncBaseTransport):
    """Answers one status after the other, the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.heard: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.heard.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if not status:
            raise httpx.ConnectError("refused by 10.0.0.1", request=request)
        return httpx.Response(status, headers={"Location": "http://169.254.169.254/"}, content=b"x" * 100)


async def test_the_end_of_a_job_is_sent_to_its_tenants_webhooks_once_and_signed(store: Store) -> None:
    made, _ = started(store)
    receiver = Receiver(200)
    sender = WebhookSender(store, private=True, transport=receiver)
    await sender.look()
    assert receiver.heard == []
    store.report(made.id, 1, TOKEN, [end(1)])
    for _ in range(2):
        await sender.look()
    [request] = receiver.heard
    body = json.loads(request.content)
    assert (body["type"], body["data"]) == ("job.succeeded", {"id": made.id, "name": "tiny"})
    assert (str(request.url), request.headers["host"]) == ("http://127.0.0.1:9/in?x=1", "127.0.0.1:9")
    at = int(request.headers["webhook-timestamp"])
    for name, value in signed(SECRET, request.headers["webhook-id"], at, request.content).items():
        assert request.headers[name] == value
    [sent] = store.webhook("wh_1", "default")[1]
    assert (sent.next_at, sent.tries, sent.error) == (None, 0, "")
    assert sent.delivered_at == pytest.approx(time.time(), abs=5)


async def test_what_is_not_taken_is_tried_again_and_given_up_in_the_end(store: Store) -> None:
    made, _ = store.create(job())
    store.cancel(made.id)
    receiver = Receiver(500, 302, 0, 410)
    sender = WebhookSender(store, private=True, transport=receiver)
    said = []
    for number in range(len(PAUSES_S) + 3):
        await sender.look()
        [sent] = store.webhook("wh_1", "default")[1]
        said.append(sent.error)
        if sent.next_at is not None:
            assert sent.next_at == pytest.approx(time.time() + PAUSES_S[number], abs=5)
            store.not_delivered(sent.id, sent.error, 0.0)  # the pause is over
            with store._database.writing() as connection:
                connection.exec_driver_sql("UPDATE deliveries SET tries = tries - 1")
    assert said[:4] == ["status 500", "status 302", "not reached (ConnectError)", "status 410"]
    assert len(receiver.heard) == len(PAUSES_S) + 1
    assert len({request.headers["webhook-id"] for request in receiver.heard}) == 1
    assert {str(request.url) for request in receiver.heard} == {"http://127.0.0.1:9/in?x=1"}
    assert (sent.next_at, sent.delivered_at, sent.tries) == (None, None, len(PAUSES_S) + 1)
    assert store.get(made.id).state is State.CANCELLED


async def test_to_the_inner_network_nothing_is_sent(store: Store) -> None:
    made, _ = store.create(job())
    store.cancel(made.id)
    receiver = Receiver(200)
    await WebhookSender(store, transport=receiver).look()
    assert receiver.heard == []
    assert "https://" in store.webhook("wh_1", None)[1][0].error
