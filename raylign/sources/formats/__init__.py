"""Formats of data: a file each, and a line here for each name that files of it end in."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from raylign.errors import SpecError
from raylign.sources.formats import dataset, folder, hub, json_array, json_lines, parquet, separated
from raylign.sources.formats.row import Read, Row
from raylign.spec.prompts import HUB, Prompts

FORMATS: Mapping[str, Read] = {
    ".jsonl": json_lines.read,
    ".ndjson": json_lines.read,
    ".json": json_array.read,
    ".csv": separated.read,
    ".tsv": separated.read,
    ".parquet": parquet.read,
}


def is_text(path: Path) -> bool:
    """Whether what is there is read as one text, line by line: anything but a directory, or a format of a library."""
    return not path.is_dir() and FORMATS.get(folder.suffix(path)) is not parquet.read


def read(prompts: Prompts) -> Iterator[Row]:
    """The rows of all that the path means. A file of another name is read as JSON Lines.

    Raises `SpecError` that names what is wrong, when it comes there.
    """
    where = prompts.path
    if where.startswith(HUB):
        files = hub.files(where.removeprefix(HUB), prompts.subset, prompts.split, FORMATS)
    elif prompts.subset is not None:
        raise SpecError(f"`subset: {prompts.subset}` is for datasets of the hub, {where!r} is none")
    elif dataset.saved(Path(where)):
        yield from dataset.read_saved(Path(where), prompts.split)
        return
    else:
        files = iter(folder.files(where, prompts.split, FORMATS))
    for file in files:
        yield from FORMATS.get(folder.suffix(file), json_lines.read)(file)
