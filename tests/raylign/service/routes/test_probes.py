"""Probes of the gateway itself."""

import httpx
from service import Service


def test_probes_need_no_key_and_an_absent_ray_does_not_make_the_gateway_unready(service: Service) -> None:
    assert httpx.get(f"{service.url}/livez").json()["status"] == "ok"
    assert httpx.get(f"{service.url}/readyz").json()["ray"] == {"reachable": True, "version": "2.60.0"}
    service.ray.down = True
    answer = httpx.get(f"{service.url}/readyz")
    assert (answer.status_code, answer.json()["ray"]["reachable"]) == (200, False)
