"""Files of prompts in every format, written and read."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

from raylign.sources import formats
from raylign.spec.prompts import Prompts

ROWS: list[dict[str, Any]] = [
    {"prompt": "one, two", "answer": "1"},
    {"prompt": 'say "three"\nand \u2028 four', "answer": "34"},
    {"prompt": "fünf", "answer": "5"},
]


def read_file(path: Path, **settings: Any) -> list[dict[str, Any]]:
    return [row.values for row in formats.read(Prompts(path=str(path), **settings))]


def write_file(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    """In the format of the path's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return path
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
        if suffix == ".json":
            json.dump(rows, file, indent=1)
        elif suffix in (".csv", ".tsv"):
            table = csv.DictWriter(file, list(rows[0]), delimiter="\t" if suffix == ".tsv" else ",")
            table.writeheader()
            table.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return path
