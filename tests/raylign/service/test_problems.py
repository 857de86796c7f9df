"""Errors as problem documents."""

from collections.abc import Iterator

from raylign.errors import RaylignError
from raylign.service.problems import STATUS, status_of


def test_every_error_of_ours_has_an_http_status() -> None:
    def tree(kind: type[RaylignError]) -> Iterator[type[RaylignError]]:
        yield kind
        for below in kind.__subclasses__():
            yield from tree(below)

    for kind in tree(RaylignError):
        assert status_of(kind("x")) in {401, 404, 409, 422, 500, 502, 503}
    for kind, status in STATUS.items():
        assert status_of(kind("x")) == status
