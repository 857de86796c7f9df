"""What the API says of webhooks."""

from raylign.service.store import WebhookRecord
from raylign.service.webhook_views import WebhookDetail, WebhookView

HOOK = WebhookRecord(id="wh_1", tenant="acme", url="https://x/", secret="whsec_AA==", created_at=1.0)


def test_no_view_but_that_of_a_new_one_has_its_secret() -> None:
    for view in (WebhookView.of(HOOK), WebhookDetail.with_deliveries(HOOK, [])):
        assert "whsec" not in view.model_dump_json()
