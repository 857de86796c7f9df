"""What a job of somebody else's may read: what lies below some directories, and nothing else of a disk; and where it
may keep checkpoints: below some addresses of stores.

First by the names alone: of what is refused so nothing was looked at, and nothing is told. Then behind the links: at
submit, and again where the job runs, for what is there then counts.
"""

import glob
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import read_regular
from raylign.located import Place, places
from raylign.plan.model_files import is_hub_id
from raylign.settings import Spec
from raylign.sources.formats.folder import MAX_LOOKED_AT
from raylign.spec.prompts import HUB
from raylign.spec.recipe import stage_of

STATE, SPLITS = "state.json", "dataset_dict.json"
"""Of a dataset that `datasets` saved, each split in a directory of its own."""
ADAPTER, TOKENIZER = "adapter_config.json", "tokenizer_config.json"
"""Of a model; read where its directory begins."""
VOCABULARIES = ("vocab_file", "merges_file", "tokenizer_file", "spm_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """The directories below which must lie whatever a job names."""

    roots: tuple[Path, ...]
    stores: tuple[str, ...] = ()
    """The addresses below which it may have its checkpoints."""

    def require_named(self, settings: Spec) -> None:
        """Raise `SpecError` where the job names what lies elsewhere. Nothing on the disk is looked at."""
        for place in places(settings):
            if place.what == "store" and not any(place.value.startswith(f"{store}/") for store in self.stores):
                raise self._no_store(place)
        for place in self._on_disk(settings):
            path = Path(place.value)
            if ".." in path.parts or not any(path.is_relative_to(root) for root in self.roots):
                raise self._refusal(place)

    def require(self, settings: Spec) -> None:
        """Raise `SpecError` where the job names what lies elsewhere, or leads there by links or by its own words."""
        self.require_named(settings)
        for place in places(settings):
            if place.what == "model" and is_hub_id(place.value) and os.path.exists(place.value):
                raise self._refusal(place)  # loading it would find the directory first
        for place in self._on_disk(settings):
            fixed = _fixed(place.value)
            if not self._holds(fixed):
                raise self._refusal(place)
            if fixed.is_dir():
                self._look_into(fixed, place)

    def _on_disk(self, settings: Spec) -> Iterator[Place]:
        for place in places(settings):
            if place.what == "store":
                continue
            hub = is_hub_id(place.value) if place.what == "model" else place.value.startswith(HUB)
            if not hub and not (place.what == "model" and stage_of(place.value)):
                yield place

    def _holds(self, path: Path) -> bool:
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(os.path.realpath(root)) for root in self.roots)

    def _look_into(self, folder: Path, place: Place) -> None:
        looked_at = 0
        for here, folders, files in os.walk(folder):
            looked_at += len(folders) + len(files)
            if looked_at > MAX_LOOKED_AT:
                raise SpecError(f"job: {place.at!r} names a directory of more than {MAX_LOOKED_AT:,} files")
            for name in (*folders, *files):
                path = Path(here, name)
                if path.is_symlink() and (name in folders or not self._holds(path)):
                    raise self._refusal(place, f"links to {name!r} elsewhere")
            read = {STATE, SPLITS, *((ADAPTER, TOKENIZER) if Path(here) == folder else ())}
            for name in sorted(read.intersection(files)):
                if stray := next(_strays(name, _document(Path(here, name))), None):
                    raise self._refusal(place, f"has a {name} that names {stray!r}")

    def _no_store(self, place: Place) -> SpecError:
        if not self.stores:
            return SpecError(
                f"job: {place.at!r} is {place.value!r}, and here no job may write to an object store: leave it out, or "
                "ask the operator for `raylign serve --allow-store URL`"
            )
        allowed = ", ".join(f"{store}/..." for store in self.stores)
        return SpecError(f"job: {place.at!r} is {place.value!r}; here it is to be below {allowed}")

    def _refusal(self, place: Place, why: str = "") -> SpecError:
        allowed = ", ".join(repr(str(root)) for root in self.roots)
        does = f"names {place.value!r}, which {why}" if why else f"names {place.value!r}"
        return SpecError(
            f"job: {place.at!r} {does}; here jobs read what lies in {allowed}, by absolute paths, and what jobs of "
            "their own tenant have made: put it there, or ask the operator for `raylign serve --allow-path DIR`"
        )


def _fixed(named: str) -> Path:
    """The path as far as it is no pattern."""
    path = Path(named)
    if not glob.has_magic(named) or path.exists():
        return path
    return Path(*takewhile(lambda part: not glob.has_magic(part), path.parts))


def _document(path: Path) -> Any:
    try:
        return json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError):
        return None  # whoever reads it says what is wrong with it


def _strays(name: str, document: Any) -> Iterator[str]:
    """What a file of a data set or a model names that does not lie beside it: libraries would follow it."""
    if not isinstance(document, dict):
        return
    match name, document:
        case "state.json", {"_data_files": [*files]}:
            named = [one.get("filename") for one in files if isinstance(one, dict)]
        case "dataset_dict.json", {"splits": list() | dict() | str() as splits}:
            named = list(splits)
        case "adapter_config.json", {"base_model_name_or_path": base}:
            named = [base]
        case "tokenizer_config.json", _:
            named = [document.get(key) for key in VOCABULARIES]
        case _:
            return
    yield from (one for one in named if isinstance(one, str) and (one == ".." or Path(one).name != one))
