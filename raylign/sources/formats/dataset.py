"""Datasets that `datasets` saved in a directory."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.sources.formats import arrow
from raylign.sources.formats.library import library
from raylign.sources.formats.row import Row
from raylign.sources.formats.split import pick


def saved(path: Path) -> bool:
    """Whether ``save_to_disk`` made the directory."""
    return any((path / name).is_file() for name in ("state.json", "dataset_dict.json"))


def read_saved(path: Path, split: str | None) -> Iterator[Row]:
    """Raises `SpecError` where it is damaged, or has no such split."""
    name = str(path)
    datasets = library("datasets", what=f"reading the dataset {name!r}")
    try:
        yield from arrow.rows(
            _one(datasets.load_from_disk(name), name, split).with_format("arrow").iter(arrow.BATCH), name
        )
    except SpecError:
        raise
    except Exception as error:  # of what a library for every format raises there is no list
        said = " ".join(str(error).split()) or type(error).__name__
        raise SpecError(f"cannot read the dataset {name!r}: {said}") from error


def _one(loaded: Any, name: str, split: str | None) -> Any:
    if not isinstance(loaded, Mapping):
        if split is not None:
            raise SpecError(f"the dataset {name!r} has no splits: leave out `split: {split}`")
        return loaded
    return loaded[pick(list(loaded), split, name)]
