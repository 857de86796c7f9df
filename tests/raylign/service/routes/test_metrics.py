"""Numbers of steps and evaluations, in pages and as a stream."""

import json

from httpx_sse import connect_sse
from service import Service, end, report, started, step

from raylign.record.events import Event


def test_metrics_are_rows_and_a_step_made_again_replaces_the_first(service: Service) -> None:
    made, _ = started(service.store)
    first = {"tasks": {"math": {"satisfied": 0.5}}, "train": {"loss": 1.0}}
    again = {"tasks": {"math": {"satisfied": 0.75}}, "train": {"loss": float("nan")}}
    events = [
        Event(seq=1, kind="evaluation", data={"step": 0, "tasks": {"math": {"satisfied": 0.4}}}),
        Event(seq=2, kind="step", data={"step": 1, **first}),
        Event(seq=3, kind="step", data={"step": 1, **again}),
        Event(seq=4, kind="warning", data={"message": "x"}),
    ]
    report(service, made.id, events)
    with service.http() as http:
        rows = http.get(f"/v1/jobs/{made.id}/metrics").json()["data"]
    assert [(row["seq"], row["kind"], row["step"], row["metrics"]) for row in rows] == [
        (1, "evaluation", 0, {"evaluation/math/satisfied": 0.4}),
        (3, "step", 1, {"math/satisfied": 0.75, "train/loss": None}),
    ]


def test_metrics_stream_has_only_rows_of_numbers(service: Service) -> None:
    made, _ = started(service.store)
    report(service, made.id, [Event(seq=1, kind="warning", data={"message": ""}), step(2, step_s=0.5), end(3)])
    with service.http() as http, connect_sse(http, "GET", f"/v1/jobs/{made.id}/metrics") as source:
        rows = [json.loads(message.data) for message in source.iter_sse()]
    assert [(row["seq"], row["metrics"]) for row in rows] == [(2, {"step_s": 0.5})]
