"""How deep a proof goes: its short form with every change, all of it by `make proof`."""

from typing import Any

import pytest


def deep(name: str, *, short: Any, whole: Any) -> pytest.MarkDecorator:
    """The test twice: with ``short`` for the argument ``name``, and as a proof with ``whole``."""
    return pytest.mark.parametrize(name, [pytest.param(short, id="short"), proof(whole, id="whole")])


def proof(*values: Any, id: str | None = None) -> Any:
    """One case of a parametrized test, for `make proof` alone."""
    return pytest.param(*values, id=id, marks=pytest.mark.proof)
