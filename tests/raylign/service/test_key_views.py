"""What the API says of keys."""

from raylign.service.key_views import KeyView, NewKey
from raylign.service.store import KeyRecord


def test_a_view_has_nothing_of_a_secret() -> None:
    key = KeyRecord(
        id="k", name="ci", tenant="acme", scopes="read,submit", secret_sha256="5" * 64, created_at=1.0, expires_at=2.0
    )
    view = KeyView.of(key)
    assert "5555" not in view.model_dump_json()
    assert (view.scopes, view.valid) == (["read", "submit"], False)


def test_a_new_key_reads_and_submits_where_nothing_is_said() -> None:
    assert NewKey(name="ci").scopes == {"read", "submit"}
