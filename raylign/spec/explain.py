"""What is wrong with a job document, in words a person can act on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from raylign.spec import hints
from raylign.spec.kinds import AnyJob
from raylign.spec.telling import MAX_SHOWN, place, shown

MAX_PROBLEMS = 20
"""Told at once; a document with more is mended in rounds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    words: str
    """Where it is, the value, and the nearest right one."""
    loc: tuple[str | int, ...] = ()
    """Keys and places that lead there in the document; empty where it has no one place."""


def explain(error: ValidationError, document: Any, kind: Any) -> str:
    """A line for every problem: the key, where it stands, the value, and the nearest right one.

    ``kind``: what the document was read as, a spec model or a union of some.
    """
    return "\n".join(fault.words for fault in faults(error, document, kind))


def faults(error: ValidationError, document: Any, kind: Any) -> Sequence[Fault]:
    """The same, each with its place."""
    told = dict.fromkeys(
        Fault(words, tuple(_kept(problem["loc"], document, kind)))
        for problem in error.errors()[:MAX_PROBLEMS]
        if (words := _explain(problem, document, kind))
    )
    more = error.error_count() - MAX_PROBLEMS
    return [*told, *([Fault(f"and {more} problems more")] if more > 0 else [])]


def _explain(problem: Any, document: Any, kind: Any) -> str:
    where = place(_kept(problem["loc"], document, kind))
    subject = repr(where) if where else "it"
    match problem["type"]:
        case "extra_forbidden":
            hint = hints.for_key(str(problem["loc"][-1])[:MAX_SHOWN], _known_keys(problem["loc"][:-1], kind), AnyJob)
            return f"unknown key {where!r}; {hint}"
        case "missing":
            return f"{where!r} is missing"
        case "union_tag_invalid":
            tags = problem["ctx"]["expected_tags"].replace("'", "").split(", ")
            tag = problem["ctx"]["tag"][:MAX_SHOWN]
            setting = "".join(map(str, problem["loc"][-1:]))  # a judge by itself stands nowhere
            word = problem["ctx"]["discriminator"].strip("'")
            hint = hints.for_type(tag, tags, setting=setting, types=f"{word.capitalize()}s")
            return f"{subject} has unknown {word} {tag!r}; {hint}"
        case "union_tag_not_found":
            return f"{subject} needs a `type`"
        case "too_short" if problem["input"]:
            return ""  # its items were refused, each with a reason of its own
        case "value_error":
            return f"{where!r}: {problem['ctx']['error']}" if where else str(problem["ctx"]["error"])
    message = problem["msg"][0].lower() + problem["msg"][1:]
    return f"{where!r} is {shown(problem['input'])}: {message}"


def _kept(loc: tuple[Any, ...], document: Any, kind: Any) -> list[Any]:
    """``tasks``, 0, ``method``, ``kl_max``: pydantic's location less the union tags it inserts."""
    kept, here, candidates = [], document, hints.models(kind)
    for position, part in enumerate(loc):
        if tagged := _tagged(candidates, part):
            candidates = tagged
            continue
        candidates = _within(candidates, part) or candidates
        if isinstance(here, dict) and part not in here and position < len(loc) - 1:
            continue  # a member of a union without tags
        if isinstance(here, str | int | float):
            continue  # nor has what is no mapping any keys
        kept.append(part)
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
    return kept


def _known_keys(loc: tuple[Any, ...], kind: Any) -> list[str]:
    """Field names of the model that stands at a pydantic location in a document of a ``kind``."""
    candidates = hints.models(kind)
    for part in loc:
        candidates = _tagged(candidates, part) or _within(candidates, part) or candidates
    return list(dict.fromkeys(name for model in candidates for name in model.model_fields))


def _within(candidates: list[type[BaseModel]], part: Any) -> list[type[BaseModel]]:
    """What models stand one key or place further in; none where the part is a union's member without a tag."""
    return [inner for model in candidates for inner in _step(model, part)]


def _step(model: type[BaseModel], part: Any) -> list[type[BaseModel]]:
    if isinstance(part, int):
        return [model]
    return hints.models(model.model_fields[part].annotation) if part in model.model_fields else []


def _tagged(union: list[type[BaseModel]], part: Any) -> list[type[BaseModel]]:
    """Of a union's models the one that pydantic names by its tag, which comes before any key: ``model`` is both."""
    if len(union) < 2:
        return []
    return [
        model
        for model in union
        if any((tag := model.model_fields.get(key)) is not None and tag.default == part for key in ("type", "kind"))
    ]
