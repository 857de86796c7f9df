"""How many rows of a parquet file are decoded at once: a value that lies there once may stand in every row.

A file of 700 bytes can hold 256 rows of 15 MiB each. So before anything is decoded it is looked up how long the values
may be that a column repeats; rows of which a few would fill the memory come one by one, or are refused.
"""

from typing import Any, BinaryIO

from raylign.errors import SpecError
from raylign.sources.formats import arrow

ROOM = 2**28
"""Bytes of a batch, about, where every row holds the longest value that is repeated."""
NUMBER = 8
"""Bytes of a number in memory, however often it is repeated for nothing."""
HEADER = 24
"""Bytes of a page's header of which its first two fields are a part."""
FIELD_OF_32_BITS = 0x15
"""Of Thrift's compact protocol: the next field, a whole number."""


def batch_rows(file: BinaryIO, group: Any, place: str) -> int:
    """Of a row group, by its metadata. Raises `SpecError` where one row, on average, is more than is ever held."""
    if not group.num_rows:
        return 1
    columns = [group.column(at) for at in range(group.num_columns)]
    row = sum(_repeated(file, column) * -(-column.num_values // group.num_rows) for column in columns)
    if row > arrow.MAX_BATCH_BYTES:
        raise SpecError(f"{place}: a row may hold {row:,} bytes, more than 1 GiB")
    return max(1, min(arrow.BATCH, ROOM // max(row, 1)))


def _repeated(file: BinaryIO, column: Any) -> int:
    """Bytes of the longest value of a column that may stand in many rows and lie in the file once."""
    if "DELTA_BYTE_ARRAY" in column.encodings:  # what a value shares with the one before it
        return int(column.total_uncompressed_size)
    if column.has_dictionary_page and column.dictionary_page_offset is not None:
        return max(NUMBER, _dictionary_bytes(file, column.dictionary_page_offset, column.total_uncompressed_size))
    return NUMBER


def _dictionary_bytes(file: BinaryIO, offset: int, otherwise: int) -> int:
    """What a dictionary's page unpacks to, as its own header says, by which it is unpacked; the metadata may lie."""
    file.seek(offset)
    header = file.read(HEADER)
    _, at = _number(header, 0)  # the page's type
    size, _ = _number(header, at)
    return otherwise if size < 0 else size


def _number(header: bytes, at: int) -> tuple[int, int]:
    """The 32-bit field that begins at ``at``, and where the next one does; -1 where there is none."""
    if at < 0 or header[at : at + 1] != bytes([FIELD_OF_32_BITS]):
        return -1, -1
    value = shift = 0
    for place in range(at + 1, len(header)):
        value |= (header[place] & 0x7F) << shift
        shift += 7
        if header[place] < 0x80:
            return (value >> 1) ^ -(value & 1), place + 1
    return -1, -1
