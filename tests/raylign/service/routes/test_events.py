"""Events in pages."""

from service import Service, report, started, step


def test_events_come_in_pages(service: Service) -> None:
    made, _ = started(service.store)
    report(service, made.id, [step(n) for n in range(1, 6)])
    with service.http() as http:
        page = http.get(f"/v1/jobs/{made.id}/events?after=1&limit=2").json()
    assert ([event["seq"] for event in page["data"]], page["has_more"]) == ([2, 3], True)
