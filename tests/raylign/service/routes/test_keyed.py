"""What lies behind the API key."""

import httpx
import pytest
from service import KEY, Service, started

from raylign.service.store import State


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", f"Basic {KEY}", "Bearer \u00e9"])
def test_without_the_key_nothing_is_told(service: Service, authorization: str | None) -> None:
    made, _ = started(service.store)
    headers = {"Authorization": authorization.encode()} if authorization else {}
    for method, path in (
        ("POST", "/v1/jobs"),
        ("GET", "/v1/jobs"),
        ("GET", f"/v1/jobs/{made.id}"),
        ("POST", f"/v1/jobs/{made.id}/cancel"),
        ("GET", f"/v1/jobs/{made.id}/events"),
        ("GET", f"/v1/jobs/{made.id}/metrics"),
        ("GET", f"/v1/jobs/{made.id}/report"),
    ):
        answer = httpx.request(method, service.url + path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
    assert service.store.get(made.id).state is State.STARTING
