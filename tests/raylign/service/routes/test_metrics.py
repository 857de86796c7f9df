"""Numbers of steps and evaluations, in pages and as a stream."""

import json
import math

from event_stream import evaluated, stepped
from httpx_sse import connect_sse
from service import Service, end, report, started, step, warning

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone
from raylign.record.metrics import flat_metrics


def test_metrics_are_rows_and_a_step_made_again_replaces_the_first(service: Service) -> None:
    made, _ = started(service.store)
    events = [
        Event.of(EvaluationDone(step=0, tasks={"math": evaluated(satisfied=0.4)}), seq=1),
        step(2, step=1, tasks={"math": stepped(satisfied=0.5)}, step_s=1.0),
        step(3, step=1, tasks={"math": stepped(satisfied=0.75)}, step_s=math.nan),
        warning(4, "x"),
    ]
    report(service, made.id, events)
    with service.http() as http:
        rows = http.get(f"/v1/jobs/{made.id}/metrics").json()["data"]
    assert [(row["seq"], row["kind"], row["step"]) for row in rows] == [(1, "evaluation", 0), (3, "step", 1)]
    assert [row["metrics"] for row in rows] == [flat_metrics(event.said) for event in (events[0], events[2])]
    assert rows[0]["metrics"]["evaluation/math/satisfied"] == 0.4
    assert (rows[1]["metrics"]["math/satisfied"], rows[1]["metrics"]["step_s"]) == (0.75, None)


def test_a_step_that_cannot_be_read_is_no_row_and_no_error_of_ours(service: Service) -> None:
    """A dead driver's spool is taken as it is."""
    made, attempt = started(service.store)
    service.store.ingest(attempt, [Event(seq=1, kind="step", data={"step": "x", "tasks": [1]}), step(2)])
    with service.http() as http:
        rows = http.get(f"/v1/jobs/{made.id}/metrics")
    assert (rows.status_code, [row["seq"] for row in rows.json()["data"]]) == (200, [2])


def test_metrics_stream_has_only_rows_of_numbers(service: Service) -> None:
    made, _ = started(service.store)
    report(service, made.id, [warning(1, ""), step(2, step_s=0.5), end(3)])
    with service.http() as http, connect_sse(http, "GET", f"/v1/jobs/{made.id}/metrics") as source:
        rows = [json.loads(message.data) for message in source.iter_sse()]
    assert [(row["seq"], row["metrics"]["step_s"]) for row in rows] == [(2, 0.5)]
