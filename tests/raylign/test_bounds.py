"""Nothing in a job is without end."""

import pytest

from raylign.spec.kinds import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_in_the_schema_is_bounded(kind):
    """Planning is done by a service for whoever sends a job: nothing in one may be without end."""
    schema = kind.model_json_schema()
    assert list(unbounded(schema)) == []
    assert list(unbounded({"x": {"type": "array", "items": {"type": "string"}}})) == ["/x", "/x/items"]


def unbounded(node, place=""):
    limits = {
        "integer": {"maximum", "exclusiveMaximum"},
        "number": {"maximum", "exclusiveMaximum"},
        "string": {"maxLength"},
        "array": {"maxItems"},
    }
    if isinstance(node, list):
        for index, inner in enumerate(node):
            yield from unbounded(inner, f"{place}/{index}")
    if not isinstance(node, dict):
        return
    needed = limits.get(node.get("type"), set()) if isinstance(node.get("type"), str) else set()
    if isinstance(node.get("additionalProperties"), dict):
        needed = {"maxProperties"}
    if needed and not needed & set(node) and not {"enum", "const"} & set(node):
        yield place
    for key, inner in node.items():
        if key not in ("default", "enum"):
            yield from unbounded(inner, f"{place}/{key}")
