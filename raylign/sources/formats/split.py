"""Which split of a dataset is read."""

from collections.abc import Collection

from raylign.errors import SpecError

DEFAULT_SPLIT = "train"


def pick(splits: Collection[str], wanted: str | None, name: str) -> str:
    """``wanted``; where nothing is, the only one, or train. Raises `SpecError` where the dataset ``name`` has none."""
    chosen = wanted or (next(iter(splits)) if len(splits) == 1 else DEFAULT_SPLIT)
    if chosen not in splits:
        raise SpecError(f"the dataset {name!r} has no split {chosen!r}: set `split` to one of {', '.join(splits)}")
    return chosen
