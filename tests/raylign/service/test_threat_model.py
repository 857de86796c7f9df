"""The threat model names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_line_names_a_test_that_shows_it() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert len(rows) > 15
    named = [re.findall(r"`(tests/[\w/.]+)::(\w+)`", row) or re.search(r"\| T[ ,|]", row) for row in rows]
    assert all(named)
    for path, name in re.findall(r"`(tests/[\w/.]+)::(\w+)`", page):
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{name}"
