"""A plan on its way: readers find what they look at, and nobody loses the rest."""

from event_stream import plan

from raylign.record.events.payloads import read, wire


def test_a_plan_keeps_what_readers_do_not_know():
    data = wire(plan(("math",), 3))
    data["memory_bytes"] = 3.0
    data["actors"][0]["memory"] = {"weights": 1.0}
    data["tasks"][0]["prompts"] = 40
    assert wire(read("plan", data)) == data
