"""Datasets of the Hugging Face hub: the files of a repository, fetched into its cache one by one, as they are come to.

A card may name files of this host and addresses of its network, and `datasets` reads those too. Here nothing is
opened that the repository does not hold itself.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import read_regular
from raylign.redact import redacted
from raylign.sources.formats import folder
from raylign.sources.formats.card import Card, matching, read_card
from raylign.sources.formats.library import library

CARD = "README.md"
MAX_BYTES = 2**37
"""Of a dataset's files that are fetched: 128 GiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One as it is now: all that is read of it is of one revision."""

    name: str
    revision: str
    sizes: dict[str, int]
    """Bytes of its files, by their names."""
    api: Any

    def fetch(self, file: str) -> Path:
        """Where it lies on this machine. Raises `SpecError` where it cannot be had."""
        with _told(self.name):
            return Path(self.api.hf_hub_download(self.name, file, repo_type="dataset", revision=self.revision))


def files(name: str, subset: str | None, split: str | None, suffixes: Collection[str]) -> Iterator[Path]:
    """Of the dataset ``name``, ``org/name``, those of a subset's split, each fetched when it is asked for.

    Raises `SpecError` where there are none, or they cannot be had.
    """
    repository = _repository(name)
    card = read_card(_card(repository), name) if CARD in repository.sizes else Card()
    fetched = 0
    for file in _chosen(repository, card, subset, split, suffixes):
        fetched += repository.sizes[file]
        if fetched > MAX_BYTES:
            raise SpecError(f"the dataset {name!r} holds more than {MAX_BYTES} bytes: set `limit`, or name a subset")
        yield repository.fetch(file)


def _repository(name: str) -> Repository:
    what = f"reading the dataset {name!r}"
    hub = library("huggingface_hub", what=what)
    library("huggingface_hub.utils", what=what).disable_progress_bars()  # the package has it once it is imported
    api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="raylign")
    with _told(name):
        revision = api.dataset_info(name, expand=["sha"]).sha
        tree = api.list_repo_tree(name, repo_type="dataset", revision=revision, recursive=True)
        found = list(islice((entry for entry in tree if isinstance(entry, hub.RepoFile)), folder.MAX_FILES + 1))
    if len(found) > folder.MAX_FILES:
        raise SpecError(f"the dataset {name!r} has more than {folder.MAX_FILES} files")
    return Repository(name=name, revision=revision, sizes={entry.path: entry.size for entry in found}, api=api)


def _card(repository: Repository) -> bytes:
    try:
        return read_regular(repository.fetch(CARD))
    except OSError as error:
        raise SpecError(f"cannot read {CARD} of the dataset {repository.name!r}: {error.strerror}") from None


def _chosen(
    repository: Repository, card: Card, subset: str | None, split: str | None, suffixes: Collection[str]
) -> list[str]:
    name = repository.name
    wanted = card.subset(subset, name)
    patterns = wanted.patterns(split, name)
    below = wanted.data_dir.strip("./")
    names = [file for file in repository.sizes if file.startswith(f"{below}/" if below else "")]
    if patterns is not None:
        names = list(dict.fromkeys(file for pattern in patterns for file in matching(pattern, names, name)))
    data = [Path(name, file) for file in names if folder.suffix(Path(file)) in suffixes]
    if not data:
        raise SpecError(
            f"the dataset {name!r} holds no data that is read here: none of it ends in {', '.join(suffixes)}"
        )
    if patterns is None:
        data = folder.of_split(sorted(data), Path(name), split)
    return [str(file.relative_to(name)) for file in data]


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # of what a library for any server raises there is no list
        said = redacted(" ".join(str(error).split())) or type(error).__name__
        raise SpecError(f"cannot read the dataset {name!r}: {said}") from error
