"""Hugging Face datasets, by `datasets`: saved ones in a directory, and those of the hub, which are streamed."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.sources.formats import arrow
from raylign.sources.formats.library import library
from raylign.sources.formats.row import Row

DEFAULT_SPLIT = "train"


def saved(path: Path) -> bool:
    """Whether ``save_to_disk`` made the directory."""
    return any((path / name).is_file() for name in ("state.json", "dataset_dict.json"))


def read_saved(path: Path, split: str | None) -> Iterator[Row]:
    """Raises `SpecError` where it is damaged, or has no such split."""
    name = str(path)
    return _rows(lambda datasets: datasets.load_from_disk(name), name, split)


def read_hub(name: str, subset: str | None, split: str | None) -> Iterator[Row]:
    """``name``: ``org/name``, or a directory that is laid out as a repository of the hub.

    Raises `SpecError` where it cannot be had, or has no such split.
    """
    return _rows(lambda datasets: datasets.load_dataset(name, subset, streaming=True), name, split)


def _rows(load: Callable[[Any], Any], name: str, split: str | None) -> Iterator[Row]:
    datasets = library("datasets", what=f"reading the dataset {name!r}")
    try:
        yield from arrow.rows(_one(load(datasets), name, split).with_format("arrow").iter(arrow.BATCH), name)
    except SpecError:
        raise
    except Exception as error:  # of what a library for every format and any server raises there is no list
        said = " ".join(str(error).split()) or type(error).__name__
        raise SpecError(f"cannot read the dataset {name!r}: {said}") from error


def _one(loaded: Any, name: str, split: str | None) -> Any:
    if not isinstance(loaded, Mapping):
        if split is not None:
            raise SpecError(f"the dataset {name!r} has no splits: leave out `split: {split}`")
        return loaded
    splits = list(loaded)
    wanted = split or (splits[0] if len(splits) == 1 else DEFAULT_SPLIT)
    if wanted not in splits:
        raise SpecError(f"the dataset {name!r} has no split {wanted!r}: set `split` to one of {', '.join(splits)}")
    return loaded[wanted]
