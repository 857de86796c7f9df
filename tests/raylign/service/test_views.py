"""What the API says of a job."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from service import job, open_store, started

from raylign.service.store import State
from raylign.service.views import MOST_REPORTED, Report, job_detail, job_view


def test_a_job_is_shown_with_its_attempts_and_ways_to_go_on(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    waiting, _ = store.create(job("waiting"))
    shown = job_view(store.dossier(waiting.id), "http://ray")
    assert (shown.name, shown.state, shown.attempt, shown.links.ray_dashboard) == ("waiting", State.QUEUED, 0, None)
    made, first = started(store)
    store.close_attempt(first, "lost", max_attempts=3)
    store.begin_attempt(made.id, token="t", run_dir="/x")
    shown = job_view(store.dossier(made.id), "http://ray")
    assert (shown.attempt, [one.n for one in shown.attempts]) == (2, [1, 2])
    assert shown.links.ray_dashboard == f"http://ray/#/jobs/{made.id}-a2"
    assert shown.links.events == f"/v1/jobs/{made.id}/events"
    assert job_view(store.dossier(made.id), None).links.ray_dashboard is None


def test_only_the_detail_holds_the_document_and_neither_a_token(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made, _ = started(store)
    dossier, document = store.detail(made.id)
    detail = job_detail(dossier, document, None).model_dump()
    assert detail.pop("document") == job().model_dump(mode="json")
    assert detail.pop("queue_position") is None  # it is starting
    assert detail == job_view(dossier, None).model_dump()
    assert "token" not in str(detail)


def test_a_report_is_bounded_and_its_reading_ends_at_the_first_fault() -> None:
    assert Report.model_validate({"events": []}).events == []
    event = {"seq": 1, "time": 1.0, "kind": "status", "data": {}}
    with pytest.raises(ValidationError, match="at most 5000 items"):
        Report.model_validate({"events": [event] * (MOST_REPORTED + 1)})
    with pytest.raises(ValidationError) as refused:
        Report.model_validate({"events": [event, *[{}] * 1000]})
    assert {fault["loc"][1] for fault in refused.value.errors()} == {1}
