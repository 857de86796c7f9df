"""Tensors in buckets: order kept, none lost, none over the limit but alone."""

import pytest

from actors.weights.buckets import in_buckets, plan_buckets


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({}, [[]]),
        ({"a": 3, "b": 3, "c": 4}, [["a", "b", "c"]]),
        ({"a": 3, "b": 8, "c": 1}, [["a"], ["b", "c"]]),
        ({"a": 30, "b": 1, "c": 30}, [["a"], ["b"], ["c"]]),
    ],
)
def test_a_bucket_holds_what_stays_below_its_limit(sizes: dict[str, int], expected: list[list[str]]) -> None:
    assert plan_buckets(sizes, 10) == expected


def test_only_one_bucket_is_asked_for_at_a_time() -> None:
    came: list[str] = []

    def coming():
        for name in "abcde":
            came.append(name)
            yield name, name.upper()

    buckets = in_buckets(coming(), [["a", "b"], ["c"], ["d", "e"]])
    assert next(buckets) == {"a": "A", "b": "B"}
    assert came == ["a", "b"]
    assert list(buckets) == [{"c": "C"}, {"d": "D", "e": "E"}]


def test_what_comes_in_another_order_is_told() -> None:
    with pytest.raises(AssertionError, match=r"\('b', 'a'\)"):
        list(in_buckets([("b", 1), ("a", 2)], [["a", "b"]]))
