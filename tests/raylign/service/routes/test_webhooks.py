"""Webhooks over REST, and from the client."""

import pytest
from service import Service, key_of

from raylign.errors import SpecError, WebhookNotFound


def test_a_webhook_is_made_with_a_secret_that_is_shown_once(service: Service) -> None:
    with service.client(key_of(service.store, "acme")) as client:
        made = client.webhooks.create("https://hooks.example/in")
        assert made["secret"].startswith("whsec_")
        [listed] = client.webhooks.all()
        assert listed == {name: made[name] for name in ("id", "tenant", "url", "created_at")}
        assert client.webhooks.get(made["id"]) == {**listed, "deliveries": []}
        with service.client(key_of(service.store, "other")) as other:
            assert other.webhooks.all() == []
            for call in (other.webhooks.get, other.webhooks.delete):
                with pytest.raises(WebhookNotFound):
                    call(made["id"])
        client.webhooks.delete(made["id"])
        assert client.webhooks.all() == []


@pytest.mark.parametrize("url", ["http://hooks.example/", "https://127.0.0.1/", "https://[::1]/", "https://a b/", "x"])
def test_an_address_that_nothing_is_sent_to_is_refused_at_once(service: Service, url: str) -> None:
    with service.client() as client, pytest.raises(SpecError):
        client.webhooks.create(url)
