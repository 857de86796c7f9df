"""A dataset's card: the head of its repository's README.md, which says which files are which subset's and split's.

Whoever made the repository wrote it. What it names is never opened: it chooses among files that are known.
"""

import re
from collections.abc import Collection

from pydantic import BaseModel, Field, ValidationError

from raylign.errors import SpecError
from raylign.sources.formats.pattern import means
from raylign.sources.formats.split import DEFAULT_SPLIT, pick
from raylign.spec.document import MAX_BYTES, read_yaml
from raylign.spec.telling import shown

_HEAD = re.compile(rb"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


class Part(BaseModel):
    """The files of a split."""

    split: str
    path: str | list[str]


class Subset(BaseModel):
    """One configuration of a dataset."""

    name: str = Field(alias="config_name")
    default: bool = False
    data_files: str | list[str] | list[Part] | None = None
    """Patterns; None: by the names of all files below ``data_dir``."""
    data_dir: str = ""

    def patterns(self, split: str | None, whose: str) -> list[str] | None:
        """Of the split. Raises `SpecError` where there is none of that name."""
        if self.data_files is None:
            return None
        parts = self.data_files if isinstance(self.data_files, list) else [self.data_files]
        by_split = {DEFAULT_SPLIT: [part for part in parts if isinstance(part, str)]}
        named = {part.split: _listed(part.path) for part in parts if isinstance(part, Part)}
        splits = named or by_split
        return splits[pick(splits, split, whose)]


class Card(BaseModel):
    """What is read of it. Raises `SpecError` where the subset that is asked for is not one of it."""

    configs: list[Subset] = []

    def subset(self, wanted: str | None, whose: str) -> Subset:
        """``wanted``; where nothing is, the default, or the only one."""
        named = {one.name: one for one in self.configs}
        if wanted is None and len(named) < 2:
            return next(iter(named.values()), Subset(config_name="default"))
        if wanted is None:
            wanted = next((one.name for one in self.configs if one.default), "default")
        if wanted not in named:
            raise SpecError(
                f"the dataset {whose!r} has no subset {wanted!r}"
                + (f": set `subset` to one of {', '.join(named)}" if named else ": it has none, leave out `subset`")
            )
        return named[wanted]


def read_card(text: bytes, whose: str) -> Card:
    """Raises `SpecError` where its head is none."""
    head = _HEAD.match(text)
    if head is None:
        return Card()
    try:
        if len(head[1]) > MAX_BYTES:
            raise SpecError(f"it has more than {MAX_BYTES} bytes")
        return Card.model_validate(read_yaml(head[1]) or {})
    except (SpecError, ValidationError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise SpecError(f"the dataset {whose!r}: the head of its README.md is not read: {said}") from None


def matching(pattern: str, names: Collection[str], whose: str) -> list[str]:
    """Those of ``names`` that the pattern means, sorted; ``**`` stands for any folders. Raises `SpecError` for none."""
    parts = pattern.removeprefix("./").split("/")
    found = sorted(name for name in names if means(parts, name.split("/")))
    if not found:
        raise SpecError(f"the dataset {whose!r}: its README.md names {shown(pattern)}, and no file of it is called so")
    return found


def _listed(path: str | list[str]) -> list[str]:
    return [path] if isinstance(path, str) else path
