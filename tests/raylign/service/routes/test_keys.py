"""API keys over REST; tests/raylign/service/test_key_client.py has what they do."""

import pytest
from service import Service


@pytest.mark.parametrize(
    "wanted", [{"name": ""}, {"name": "x", "tenant": "A"}, {"name": "x", "scopes": []}, {"name": "x", "lasts_s": 1e12}]
)
def test_a_key_that_cannot_be_is_refused(service: Service, wanted: dict[str, object]) -> None:
    with service.http() as http:
        assert http.post("/v1/keys", json=wanted).status_code == 422
        assert http.post("/v1/keys/k/rotate?grace_s=1e12").status_code == 422
        assert http.get("/v1/keys").json() == {"data": []}
