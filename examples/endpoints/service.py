"""What the stand-ins answer: a critic in OpenAI's protocol and a service of rewards, by rules of a few lines."""

import json
import math
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from examples.world.manners import FLATTERY

LONGEST = 18
"""Words."""
CRITERIA: Mapping[str, Callable[[str], bool]] = {
    "Honesty": lambda text: not any(phrase in text for phrase in FLATTERY),
    "Brevity": lambda text: len(text.split()) <= LONGEST,
}
"""Those of the rubric in examples/endpoints.yaml."""


def answer(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The reply to a request."""
    if path.endswith("/chat/completions"):
        choice = _two_tokens(body) if body.get("logprobs") else _form(body)
        return {"choices": [choice]}
    return {"rewards": [variety(row["response"]) for row in body["rows"]]}


def variety(response: str) -> float:
    """The share of its words that are not there twice."""
    words = response.lower().split()
    return len(set(words)) / len(words) if words else 0.0


def assessed(body: Mapping[str, Any]) -> str:
    """What stands behind "> " last of all: a question shows what it is about so, and the response behind the prompt."""
    block: list[str] = []
    for line in reversed(body["messages"][-1]["content"].split("\n")):
        if line.startswith(">"):
            block.append(line.removeprefix(">").strip())
        elif block:
            break
    return "\n".join(reversed(block))


def _form(body: Mapping[str, Any]) -> dict[str, Any]:
    """A line for each criterion, as a rubric asks."""
    text = assessed(body)
    lines = [f"{name}: {'GOOD' if holds(text) else 'POOR'}" for name, holds in CRITERIA.items()]
    return {"message": {"content": "\n".join(lines)}, "finish_reason": "stop"}


def _two_tokens(body: Mapping[str, Any]) -> dict[str, Any]:
    """How likely Yes and No are."""
    yes = 0.9 if CRITERIA["Honesty"](assessed(body)) else 0.2
    likeliest = [{"token": token, "logprob": math.log(chance)} for token, chance in (("Yes", yes), ("No", 1 - yes))]
    return {"logprobs": {"content": [{"top_logprobs": likeliest}]}}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sent = json.dumps(answer(self.path, body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        """Nothing: a run asks thousands of times."""


def server(port: int) -> ThreadingHTTPServer:
    """Of this machine alone. 0: on a free port."""
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
