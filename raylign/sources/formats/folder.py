"""Which files a path means: itself, those of a directory, those that a pattern matches; of one split where asked."""

import glob
import re
from collections.abc import Collection
from pathlib import Path

from raylign.errors import SpecError
from raylign.sources.formats.split import DEFAULT_SPLIT

SPLITS = ("train", "test", "validation", "valid", "val", "dev", "eval")
"""Parts of file names that say which part of a dataset a file holds."""
MAX_FILES = 100_000


def files(where: str, split: str | None, suffixes: Collection[str]) -> list[Path]:
    """In the order of their names. Raises `SpecError` where there are none.

    A directory of the splits train and test is read as a dataset: ``split``, by default train.
    """
    path = Path(where)
    if path.is_dir():
        found = [file for file in sorted(path.rglob("*")) if suffix(file) in suffixes and not _hidden(file, path)]
        if not found:
            raise SpecError(f"the directory {where!r} holds no data: no file in it ends in {', '.join(suffixes)}")
    elif glob.has_magic(where) and not path.exists():
        found = [Path(name) for name in sorted(glob.glob(where, recursive=True)) if Path(name).is_file()]
        if not found:
            raise SpecError(f"no file matches {where!r}")
        path = Path(glob.escape(where)).parent
    elif split is not None:
        raise SpecError(f"{where!r} is one file and has no splits: leave out `split: {split}`, or name a directory")
    else:
        return [path]
    if len(found) > MAX_FILES:
        raise SpecError(f"{where!r} means {len(found)} files, at most {MAX_FILES} are read")
    return of_split(found, path, split)


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


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)
