"""Places of a document, found in its text."""

import pytest

from raylign.spec.lines import line_of

YAML = """name: a
tasks:
  - name: math
    judges: [{type: x}]
  # between
  - name: chat
    method:
      type: crpg
"""


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        (("name",), 1),
        (("tasks", 0, "judges", 0, "type"), 4),
        (("tasks", 1), 6),
        (("tasks", 1, "method", "type"), 8),
        (("tasks", 1, "method", "beta"), 7),
        (("tasks", 7, "name"), 2),
        (("steps",), None),
        ((), None),
    ],
)
def test_the_line_is_that_of_the_place_or_of_what_would_hold_it(loc, line):
    assert line_of(YAML, loc) == line


def test_json_has_lines_too():
    assert line_of('{\n "a": 1,\n "b": [\n  {"c": 2}]}', ("b", 0, "c")) == 4


def test_json_that_is_no_yaml_has_no_lines():
    assert line_of('{"a": "\\ud800\\udc00"}', ("a",)) is None
