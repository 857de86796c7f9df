"""Formats of data: a file each, and a line here for each name that files of it end in."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from raylign.errors import SpecError
from raylign.sources.formats import dataset, folder, hub, json_array, json_lines, parquet, separated
from raylign.sources.formats.row import Format, Row
from raylign.spec.prompts import DATASET, HUB, Prompts

JSON_LINES = Format("JSON Lines", json_lines.read)
FORMATS: Mapping[str, Format] = {
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
    ".json": Format("JSON", json_array.read),
    ".csv": Format("CSV", separated.read),
    ".tsv": Format("TSV", separated.read),
    ".parquet": Format("parquet", parquet.read),
}


def is_text(path: Path) -> bool:
    """Whether what is there is read as one text, line by line: anything but a directory, or a format of a library."""
    return not path.is_dir() and _format(path).read is not parquet.read


def read(prompts: Prompts) -> Iterator[Row]:
    """The rows of all that the path means. Raises `SpecError` that names what is wrong, when it comes there."""
    return chain.from_iterable(rows for _, rows in files(prompts))


def files(prompts: Prompts) -> Iterator[tuple[str, Iterator[Row]]]:
    """``(format, rows)`` of each file that the path means. A file of another name is read as JSON Lines.

    Raises `SpecError` where it means none, and `read`'s.
    """
    where = prompts.path
    if where.startswith(DATASET):
        raise SpecError(f"{where!r} is data of a gateway's: `raylign submit` the job there, or name a file")
    if where.startswith(HUB):
        found = hub.files(where.removeprefix(HUB), prompts.subset, prompts.split, FORMATS)
    elif prompts.subset is not None:
        raise SpecError(f"`subset: {prompts.subset}` is for datasets of the hub, {where!r} is none")
    elif dataset.saved(Path(where)):
        yield "dataset", dataset.read_saved(Path(where), prompts.split)
        return
    else:
        found = iter(folder.files(where, prompts.split, FORMATS))
    for file in found:
        kind = _format(file)
        yield kind.name, kind.read(file)


def _format(file: Path) -> Format:
    return FORMATS.get(folder.suffix(file), JSON_LINES)
