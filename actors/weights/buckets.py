"""A model's tensors in buckets: as many as stay below a number of bytes travel, land and are written together."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


def plan_buckets(sizes: Mapping[str, int], at_most: int) -> list[list[str]]:
    """Names by bucket, in their order. ``sizes``: bytes of each. One larger than a bucket has one of its own."""
    buckets: list[list[str]] = [[]]
    taken = 0
    for name, size in sizes.items():
        if buckets[-1] and taken + size > at_most:
            buckets.append([])
            taken = 0
        buckets[-1].append(name)
        taken += size
    return buckets


def in_buckets(tensors: Iterable[tuple[str, T]], plan: Iterable[Iterable[str]]) -> Iterator[dict[str, T]]:
    """The tensors of each bucket of `plan_buckets`, once all of them came; they must come in the order of the plan."""
    coming = iter(tensors)
    for names in plan:
        bucket = {}
        for expected in names:
            name, tensor = next(coming)
            assert name == expected, (name, expected)
            bucket[name] = tensor
            del tensor
        yield bucket
        del bucket
    assert next(coming, None) is None
