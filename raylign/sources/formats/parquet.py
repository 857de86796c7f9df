"""Parquet, by pyarrow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import open_regular
from raylign.sources.formats import arrow
from raylign.sources.formats.library import library
from raylign.sources.formats.row import Row
from raylign.sources.formats.row_groups import batch_rows


def read(path: Path) -> Iterator[Row]:
    return arrow.rows(_batches(path), str(path))


def _batches(path: Path) -> Iterator[Any]:
    parquet, pyarrow = (library(name, what=f"reading {str(path)!r}") for name in ("pyarrow.parquet", "pyarrow"))
    read_so_far = 0
    try:
        with open_regular(path) as file, parquet.ParquetFile(file) as table:
            for at in range(table.num_row_groups):
                most = batch_rows(file, table.metadata.row_group(at), f"{path}, beyond row {read_so_far}")
                for batch in table.iter_batches(batch_size=most, row_groups=[at], use_threads=False):
                    yield batch
                    read_so_far += batch.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
        raise SpecError(f"cannot read {str(path)!r} as parquet beyond row {read_so_far}: {said}") from None
