"""``python -m raylign.service.inspector WORK FILE TOLD``: a file that a stranger sent, read by a process apart.

It may hold so much memory, take so much time, and write nothing; whoever starts it may kill it. What it finds is JSON
on its standard output: of ``look`` what ``raylign data`` does, of ``pairs`` the pairs that people may label, of
``begin`` a first job, as ``raylign init`` writes it.
"""

import gzip
import itertools
import json
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import reading
from raylign.plan.draft import Wish, draft
from raylign.sources import formats
from raylign.sources.inspection import inspect
from raylign.sources.labelling import read_pairs
from raylign.spec.load import parse_prompts
from raylign.spec.prompts import Prompts

MEMORY = 6 * 2**30
"""Bytes of address space; parquet's reader reserves more than it uses."""
PREVIEW = 50
"""Rows that are shown as they stand."""
LONGEST = 2000
"""Characters of one of them."""
CHUNK = 2**20
MOST_PAIRS = 20_000
"""Of one queue: weeks of somebody's work."""


def main() -> None:
    """Read one file."""
    work, (file, told) = WORKS[sys.argv[1]], sys.argv[2:4]
    most, seconds = map(int, sys.argv[4:6])
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    print(json.dumps(work(Path(file), json.loads(told), most)))


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


def pairs(file: Path, columns: dict[str, str], most: int) -> dict[str, Any]:
    """``{"pairs": [{"key", "pair"}], "passed_over"}``; ``{"failure"}`` where it holds none, or more than people label:
    than ``most`` bytes, or than `MOST_PAIRS`."""
    passed_over = Counter[str]()
    try:
        found = read_pairs(file, passed_over, columns)
    except SpecError as error:
        return {"failure": str(error)}
    made = [
        {"key": one.key, "pair": {"asked": one.asked, "responses": one.responses, "metadata": one.metadata}}
        for one in found
    ]
    if len(made) > MOST_PAIRS or len(json.dumps(made)) > most:
        return {
            "failure": f"{file.name!r} holds {len(made):,} pairs, and a queue takes {MOST_PAIRS:,} of {most:,} bytes "
            "together: choose some, or make several data sets of it"
        }
    return {"pairs": made, "passed_over": dict(+passed_over)}


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


def begin(file: Path, told: dict[str, Any], _: int) -> dict[str, Any]:
    """``{"text"}``, a job that learns from the file, with comments; ``{"failure"}`` where none can. ``told``: its
    ``columns``, ``model`` and ``method``."""
    wish = Wish(model=told["model"], prompts=str(file), columns=told["columns"], method=told["method"])
    try:
        return {"text": draft(wish, file.absolute().parent / "job.yaml")}
    except SpecError as error:
        return {"failure": str(error)}


WORKS = {"look": look, "pairs": pairs, "begin": begin}

if __name__ == "__main__":
    main()
