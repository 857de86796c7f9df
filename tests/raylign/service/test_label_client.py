"""A sitting at a gateway asks for the next pair once: afterwards each verdict brings it."""

from typing import Any

import httpx

from raylign.service.label_client import LabelClient


def test_a_desk_goes_on_with_what_a_verdict_is_answered_with() -> None:
    sent: list[tuple[str, str, Any]] = []

    def call(method: str, path: str, **request: Any) -> httpx.Response:
        sent.append((method, path, request.get("json") or request.get("params")))
        pair = {"key": f"{len(sent)}", "prompt": [{"role": "user", "content": "?"}], "left": "a", "right": "b"}
        return httpx.Response(200, json={"pair": None if len(sent) == 4 else pair, "done": len(sent) - 1, "pairs": 3})

    desk = LabelClient(call).desk("q", "anna")
    first = desk.next()
    assert first == desk.next()
    assert first is not None
    assert (first.key, first.turns, first.left, first.done, first.pairs) == ("1", (("user", "?"),), "a", 0, 3)
    desk.say("1", "right")
    desk.unsay("1")
    desk.say("3", "tie")
    assert desk.next() is None
    told = [
        {"pair": key, "labeller": "anna", "verdict": word}
        for key, word in (("1", "right"), ("1", "none"), ("3", "tie"))
    ]
    assert sent == [
        ("GET", "/v1/label-queues/q/next", {"labeller": "anna"}),
        *(("POST", "/v1/label-queues/q/verdicts", one) for one in told),
    ]
