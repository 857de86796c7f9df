"""Which files a path means: itself, those of a directory, those that a pattern matches; of one split where asked."""

import glob
import os
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

from raylign.errors import SpecError
from raylign.sources.formats.pattern import leads_on, means
from raylign.sources.formats.split import DEFAULT_SPLIT

SPLITS = ("train", "test", "validation", "valid", "val", "dev", "eval")
"""Parts of file names that say which part of a dataset a file holds."""
MAX_FILES = 100_000
MAX_LOOKED_AT = 1_000_000
"""Files and folders, for those that are meant: some seconds."""


def files(where: str, split: str | None, suffixes: Collection[str]) -> list[Path]:
    """In the order of their names. Raises `SpecError` where there are none.

    A directory of the splits train and test is read as a dataset: ``split``, by default train.
    """
    path = Path(where)
    if path.is_dir():
        found = sorted(file for file in _below(path, ["**"], where) if suffix(file) in suffixes)
        if not found:
            raise SpecError(f"the directory {where!r} holds no data: no file in it ends in {', '.join(suffixes)}")
    elif glob.has_magic(where) and not path.exists():
        fixed = list(takewhile(lambda part: not glob.has_magic(part), path.parts))
        root, pattern = Path(*fixed), path.parts[len(fixed) :]
        found = sorted(_below(root, pattern, where)) if root.is_dir() else []
        if not found:
            raise SpecError(f"no file matches {where!r}")
        path = Path(glob.escape(where)).parent
    elif split is not None:
        raise SpecError(f"{where!r} is one file and has no splits: leave out `split: {split}`, or name a directory")
    else:
        return [path]
    return of_split(found, path, split)


def _below(root: Path, pattern: Sequence[str], where: str) -> Iterator[Path]:
    """The files below a folder that the pattern means, without hidden ones; ``**`` follows no link to another folder.

    Raises `SpecError` where it means more than are ever read, or many more are looked at for them.
    """
    looked_at = found = 0
    folders: list[tuple[str, ...]] = [()]
    while folders:
        folder = folders.pop()
        for entry, is_folder, is_file in _entries(root.joinpath(*folder), follow="**" not in pattern):
            looked_at += 1
            name = (*folder, entry)
            if is_folder and leads_on(pattern, name):
                folders.append(name)
            elif is_file and means(pattern, name):
                found += 1
                yield root.joinpath(*name)
            if found > MAX_FILES or looked_at > MAX_LOOKED_AT:
                many = f"{MAX_FILES:,} files" if found > MAX_FILES else f"a look at {MAX_LOOKED_AT:,} files and folders"
                raise SpecError(f"{where!r} means more than {many}: name a folder nearer to the data")


def _entries(folder: Path, *, follow: bool) -> Iterator[tuple[str, bool, bool]]:
    """``(name, is a folder, is a file)`` of what is not hidden. ``follow``: links to folders too."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_symlink():  # which may lead nowhere, or round in a circle
                    yield entry.name, follow and os.path.isdir(entry.path), os.path.isfile(entry.path)
                else:
                    yield entry.name, entry.is_dir(), entry.is_file()
    except FileNotFoundError:
        return  # it was there a moment ago
    except OSError as error:
        raise SpecError(f"cannot look into the folder {str(folder)!r}: {error.strerror}") from None


def of_split(found: list[Path], root: Path, split: str | None) -> list[Path]:
    """Those whose names below ``root`` say the split. Raises `SpecError` for none."""
    by_name = {file: _words(file, root) for file in found}
    named = list(dict.fromkeys(word for words in by_name.values() for word in words if word in SPLITS))
    if split is None and len(named) < 2:
        return found
    wanted = split or DEFAULT_SPLIT
    chosen = [file for file in found if wanted.lower() in by_name[file]]
    if not chosen:
        raise SpecError(
            f"no file of {str(root)!r} has {wanted!r} in its name, as a split has"
            + (f": set `split` to one of {', '.join(named)}" if named else "")
        )
    return chosen


def _words(file: Path, root: Path) -> list[str]:
    relative = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
    return re.split(r"[^a-z0-9]+", str(relative).lower())


def suffix(file: Path) -> str:
    return file.with_suffix("").suffix.lower() if file.suffix == ".gz" else file.suffix.lower()
