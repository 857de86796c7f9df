"""Wishes over HTTP."""

import pytest
from service import Service, started

from raylign.service.store import State


def test_a_job_is_paused_resumed_and_cancelled(service: Service) -> None:
    made, attempt = started(service.store)
    path = f"/v1/jobs/{made.id}"
    with service.http() as http:
        asked = http.post(f"{path}/pause", params={"ttl_s": 60})
        assert (asked.status_code, asked.json()["state"], asked.json()["desired"]) == (202, "pausing", "pause")
        assert asked.json()["pause_ends_at"] is None
        service.store.close_attempt(attempt, "left", max_attempts=1)
        shown = http.get(path).json()
        assert (shown["state"], shown["attempts"][0]["state"]) == ("paused", "paused")
        assert 0 < shown["pause_ends_at"] - shown["created_at"] <= 61
        resumed = http.post(shown["links"]["resume"])
        assert (resumed.status_code, resumed.json()["state"], resumed.json()["desired"]) == (202, "recovering", "run")
        assert http.post(shown["links"]["pause"]).json()["state"] == "paused"
        assert http.post(shown["links"]["cancel"]).json()["state"] == "cancelled"
        for wish in ("pause", "resume", "cancel"):
            refused = http.post(f"{path}/{wish}")
            assert refused.status_code == 409
            assert refused.headers["x-should-retry"] == "false"
            assert "is cancelled" in refused.json()["detail"]


def test_no_pause_lasts_longer_than_the_service_allows(service: Service) -> None:
    made, _ = started(service.store)
    with service.http() as http:
        http.post(f"/v1/jobs/{made.id}/pause", params={"ttl_s": 10**8})
        job = service.store.get(made.id)
        assert job.state is State.PAUSING
        assert (job.pause_ends_at or 0) - (job.pause_asked_at or 0) == pytest.approx(7 * 86400)
        assert http.post(f"/v1/jobs/{made.id}/pause", params={"ttl_s": 0}).status_code == 422
