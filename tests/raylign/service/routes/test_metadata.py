"""Metadata in a query."""

import pytest
from starlette.requests import Request

from raylign.errors import SpecError
from raylign.service.routes.metadata import metadata_of


async def read(query: str) -> dict[str, str]:
    return await metadata_of(Request({"type": "http", "query_string": query.encode(), "headers": []}))


async def test_pairs_are_read_and_all_else_is_left_to_others() -> None:
    assert await read("metadata[a]=1&metadata%5Bb%20c%5D=%C3%A4&metadata=x&limit=3&metadata[a]=2") == {
        "a": "2",
        "b c": "\xe4",
    }


@pytest.mark.parametrize("query", ["metadata[]=1", "metadata[a]b]=1", "metadata[a%00]=1", "metadata[a]=%00"])
async def test_what_is_no_pair_is_refused(query: str) -> None:
    with pytest.raises(SpecError, match="metadata"):
        await read(query)
