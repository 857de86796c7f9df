"""``python -m raylign.service.inspector FILE COLUMNS``: a file that a stranger sent, looked at by a process apart.

It may hold so much memory, take so much time, and write nothing; whoever starts it may kill it. What it finds is what
``raylign data`` does, as JSON on its standard output.
"""

import gzip
import itertools
import json
import resource
import sys
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import reading
from raylign.sources import formats
from raylign.sources.inspection import inspect
from raylign.spec.load import parse_prompts
from raylign.spec.prompts import Prompts

MEMORY = 6 * 2**30
"""Bytes of address space; parquet's reader reserves more than it uses."""
PREVIEW = 50
"""Rows that are shown as they stand."""
LONGEST = 2000
"""Characters of one of them."""
CHUNK = 2**20


def main() -> None:
    """Look at one file."""
    file, columns, most, seconds = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    print(json.dumps(look(Path(file), columns, most)))


def look(file: Path, columns: dict[str, str], most: int) -> dict[str, Any]:
    """``{"inspection", "rows"}``; ``{"failure"}`` where nothing of it can be read; ``{"refused"}`` where it unpacks to
    more than ``most`` bytes, or cannot be unpacked."""
    try:
        if file.suffix == ".gz" and _unpacked(file, most) > most:
            return {"refused": f"it unpacks to more than {most:,} bytes"}
    except SpecError as error:
        return {"refused": str(error)}
    try:
        prompts = parse_prompts({"path": str(file), "columns": columns}, source="the dataset")
        found = inspect(prompts, holdout=0.1).to_dict()
    except SpecError as error:
        return {"failure": str(error), "rows": _rows(file)}
    return {"inspection": found, "rows": _rows(file)}


def _unpacked(file: Path, most: int) -> int:
    """Bytes that it unpacks to, as far as that matters."""
    size = 0
    with reading(file, "dataset") as (packed, _):
        assert isinstance(packed, gzip.GzipFile)
        while size <= most and (chunk := packed.read(CHUNK)):
            size += len(chunk)
    return size


def _rows(file: Path) -> list[dict[str, Any]]:
    """The first rows as they stand, ``{"place", "text"}``, as far as they can be read."""
    shown = []
    try:
        for row in itertools.islice(formats.read(Prompts(path=str(file))), PREVIEW):
            text = json.dumps(row.values, ensure_ascii=False)
            shown.append({"place": row.place, "text": text[:LONGEST]})
    except SpecError:
        pass  # the inspection says what is wrong
    return shown


if __name__ == "__main__":
    main()
