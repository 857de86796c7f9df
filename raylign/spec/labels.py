"""Labels of nodes, and which nodes an actor may lie on: Ray's label selectors.

Ray itself labels nodes: `ray.io/accelerator-type`, `ray.io/market-type`, `ray.io/availability-region`; the rest is what
a node was started with, `ray start --labels`.
"""

import re
from collections.abc import Mapping

WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
NAME = rf"^(?:[A-Za-z0-9.-]{{1,253}}/)?{WORD}$"
"""Of a label."""
VALUE = rf"^(?:!?{WORD}|!?in\({WORD}(?:, ?{WORD})*\))$"
"""What a node's label must be: `H100`, `!H100`, `in(H100,H200)`, `!in(T4)`."""


def matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a node with these ``labels`` is meant."""
    return all(_matches(asked, labels.get(name)) for name, asked in selector.items())


def _matches(asked: str, held: str | None) -> bool:
    plain = asked.removeprefix("!")
    words = re.split(r", ?", plain[3:-1]) if plain.startswith("in(") else [plain]
    return (held in words) != asked.startswith("!")
