import math

import pytest
from pydantic import TypeAdapter

from raylign.record.events import reading
from raylign.record.events.reading import MOST, Count, Number, Numbers, Place, Seconds, Text, Texts, Truth


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Number, 1, 1.0),
        (Number, -0.5, -0.5),
        (Number, math.nan, None),
        (Number, math.inf, None),
        (Number, 10**400, None),
        (Number, "1", None),
        (Number, True, None),
        (Number, [1.0], None),
        (Count, 3, 3),
        (Count, -1, 0),
        (Count, 2**70, 0),
        (Count, 1.5, 0),
        (Count, True, 0),
        (Seconds, 0.25, 0.25),
        (Seconds, -1.0, 0.0),
        (Seconds, "x", 0.0),
        (Truth, False, False),
        (Truth, 1, None),
        (Text, "a", "a"),
        (Text, None, ""),
        (Place, "/a", "/a"),
        (Place, 3, None),
        (Numbers, {"a": 1, "b": "x", "c": None}, {"a": 1.0, "b": None, "c": None}),
        (Numbers, [1], {}),
        (Texts, {"a": "x", "b": 3}, {"a": "x", "b": ""}),
    ],
)
def test_a_value_or_the_next_best(kind, value, expected):
    found = TypeAdapter(kind).validate_python(value)
    assert found == expected
    assert type(found) is type(expected)


def test_a_step_is_read_or_not_at_all():
    read = TypeAdapter(reading.Step).validate_python
    assert [read(0), read(MOST)] == [0, MOST]
    for value in (-1, MOST + 1, 1.0, "1", True, None):
        with pytest.raises(ValueError, match="Input should be"):
            read(value)
