"""Streams: resumed, followed to the end, and whole whatever a model writes."""

from httpx_sse import connect_sse
from service import Service, end, job_document, report, started, step, warning

from raylign.record.events import Event
from raylign.record.events.payloads import Status, Warned


def test_a_stream_resumes_after_the_last_event_id_and_ends_with_the_job(service: Service) -> None:
    made, _ = started(service.store)
    report(service, made.id, [step(1), step(2), step(3)])
    seen: list[str] = []
    with (
        service.http(**{"Last-Event-ID": "2"}) as http,
        connect_sse(http, "GET", f"/v1/jobs/{made.id}/events") as source,
    ):
        for message in source.iter_sse():
            seen.append(f"{message.event} {message.id}")
            if message.id == "3":
                report(service, made.id, [step(4), end(5)])
    assert [one for one in seen if not one.startswith("status")] == ["step 3", "step 4", "end 5"]
    assert source.response.headers["content-type"].startswith("text/event-stream")
    assert source.response.headers["x-accel-buffering"] == "no"


def test_a_stream_tells_of_the_job_before_its_driver_does(service: Service) -> None:
    with service.http() as http:
        made = http.post("/v1/jobs", json=job_document()).json()
        phases: list[str] = []
        with connect_sse(http, "GET", f"/v1/jobs/{made['id']}/events") as source:
            for message in source.iter_sse():
                event = Event.model_validate_json(message.data)
                phases.append(event.said.phase if isinstance(event.said, Status) else event.kind)
                if phases == ["queued"]:
                    with service.client() as client:
                        client.cancel(made["id"])
    assert phases == ["queued", "end"]


def test_line_separators_in_a_models_text_do_not_break_the_stream(service: Service) -> None:
    made, _ = started(service.store)
    hostile = "a\u2028b\u2029c\x85d\re\nf\x0bg\x1ch data: x\n\nevent: end\n\n\U0001f600 <script>"
    report(service, made.id, [warning(1, hostile), end(2)])
    with service.http() as http, connect_sse(http, "GET", f"/v1/jobs/{made.id}/events") as source:
        events = [Event.model_validate_json(message.data) for message in source.iter_sse()]
    assert events[0].said == Warned(message=hostile)
    assert [event.seq for event in events] == [1, 2]


def test_streams_end_when_the_service_stops(service: Service) -> None:
    made, _ = started(service.store)
    with service.http() as http, connect_sse(http, "GET", f"/v1/jobs/{made.id}/events") as source:
        for message in source.iter_sse():
            assert message.event == "status"
            service.bulletin.close()
