"""Arrow's tables as rows: what parquet files and datasets are read as."""

import datetime
import decimal
from collections.abc import Iterable, Iterator
from typing import Any

from raylign.errors import SpecError
from raylign.sources.formats.row import Row

BATCH = 256
"""Rows that are held at once."""
MAX_BATCH_BYTES = 2**30
"""Of so many rows."""


def rows(tables: Iterable[Any], name: str) -> Iterator[Row]:
    """The rows of tables or record batches that follow one another. Columns of bytes, as of pictures, are left out."""
    number = 0
    for table in tables:
        if table.nbytes > MAX_BATCH_BYTES:
            raise SpecError(f"{name}: {table.num_rows} rows from row {number + 1} on hold more than 1 GiB")
        kept = table.select([field.name for field in table.schema if not _binary(str(field.type))])
        for values in kept.to_pylist():
            number += 1
            yield Row(number, f"{name}, row {number}", _plain(values))


def _binary(kind: str) -> bool:
    return "binary" in kind


def _plain(value: Any) -> Any:
    """What JSON holds. A struct's nulls are keys that are not there: columns give every row the keys of all."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [_plain(item) for item in value]
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case decimal.Decimal() | datetime.timedelta():
            return str(value)
    return value
