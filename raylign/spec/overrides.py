"""Settings given beside a job's file, ``steps=10 tasks.math.weight=2``: put into its document, before it is checked.

A key is the place of a setting as messages write it, ``tasks[0].method.kl_max``; an item of a list may be named instead
of counted: a task by its ``name``, a judge by its ``name`` or its ``type``. A value is YAML, as it would stand there.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Any

from raylign.errors import SpecError
from raylign.spec.document import read_yaml
from raylign.spec.telling import place, shown

_INDEX = re.compile(r"\[(\d+)\]")
_LABELS = ("name", "type")
"""By which an item of a list may be called, the first one that it has."""


def override(document: Any, settings: Sequence[str]) -> Any:
    """The document with ``settings`` put in, in their order; its own mappings and lists are left as they are.

    Raises `SpecError` for what is no setting, or has no place in the document.
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        path = _INDEX.sub(r".\1", key).split(".")
        if not (equals and all(path)):
            raise SpecError(f"{shown(setting)} is no setting: write `steps=10`, `tasks.math.weight=2`")
        try:
            value = read_yaml(text.encode(errors="surrogateescape"))
        except SpecError as error:
            raise SpecError(f"the value of {shown(key)} is not YAML: {error}") from None
        document = _with(document, path, value, key, ())
    return document


def _with(here: Any, path: Sequence[str], value: Any, key: str, passed: tuple[Any, ...]) -> Any:
    """What stands ``here``, at the place ``passed``, with the value at the end of ``path``."""
    if not path:
        return value
    word, *rest = path
    match here:
        case list():
            at = _item(here, word, key, passed)
            return [*here[:at], _with(here[at], rest, value, key, (*passed, at)), *here[at + 1 :]]
        case dict() | None:  # whether a key may stand there is the model's to say, as it is of a file's
            held = here or {}
            return {**held, word: _with(held.get(word), rest, value, key, (*passed, word))}
    raise SpecError(f"{shown(key)} leads nowhere: {place(passed)!r} is {shown(here)}, which has no settings in it")


def _item(items: Sequence[Any], word: str, key: str, passed: tuple[Any, ...]) -> int:
    """Index of the one item that ``word`` names or counts."""
    labels = [_label(item) for item in items]
    match [at for at, label in enumerate(labels) if label == word]:
        case [at]:
            return at
        case []:
            pass
        case several:
            raise SpecError(f"{shown(key)} could be any of {len(several)}: write `{place((*passed, several[0]))}`")
    if word.isdecimal() and int(word) < len(items):
        return int(word)
    known = list(dict.fromkeys(filter(None, labels)))
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or len(items)}"
    raise SpecError(f"{shown(key)} leads nowhere: {place(passed)!r} has no {shown(word)}; {hint}")


def _label(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    return next((item[name] for name in _LABELS if isinstance(item.get(name), str)), "")
