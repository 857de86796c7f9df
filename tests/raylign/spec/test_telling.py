"""How values and places are told."""

import pytest

from raylign.spec.telling import place, shown


@pytest.mark.parametrize(
    ("loc", "told"),
    [
        ((), ""),
        (("tasks", 0, "method", "kl_max"), "tasks[0].method.kl_max"),
        ((3, 1, "a"), "[3][1].a"),
        (("x" * 1000, "y"), "x" * 60 + ".y"),
    ],
)
def test_a_place_is_told_as_people_write_it(loc, told):
    assert place(loc) == told


def test_a_value_is_cut_where_it_is_long_or_deep_and_keeps_the_order_of_its_keys():
    assert shown({"b": 1, "a": [1, 2, 3, 4]}) == "{'b': 1, 'a': [1, 2, 3, ...]}"
    assert shown({"d": 1, "c": 2, "b": 3, "a": 4}) == "{'d': 1, 'c': 2, 'b': 3, ...}"
    assert shown([[[[1]]]]) == "[[[...]]]"
    assert len(shown("x" * 1_000_000)) <= 60
    assert len(shown(10**300)) <= 60
    assert shown("a\x1b\nb") == "'a\\x1b\\nb'"
