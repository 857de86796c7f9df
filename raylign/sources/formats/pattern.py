"""Which names a pattern means: part by part as in a shell, ``**`` for any folders."""

from collections.abc import Sequence
from fnmatch import fnmatchcase


def means(pattern: Sequence[str], name: Sequence[str]) -> bool:
    """Whether a file of that name, by its parts, is meant."""
    return len(pattern) in reached(pattern, name)


def leads_on(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    """Whether there may be a file that is meant below that folder."""
    return any(place < len(pattern) for place in reached(pattern, folder))


def reached(pattern: Sequence[str], name: Sequence[str]) -> set[int]:
    """Before which parts of the pattern one may stand after the name: in one walk over the name, whatever they are."""
    places = _over({0}, pattern)
    for part in name:
        stay = {place for place in places if _any(pattern, place)}
        on = {place + 1 for place in places - stay if place < len(pattern) and fnmatchcase(part, pattern[place])}
        places = _over(stay | on, pattern)
    return places


def _over(places: set[int], pattern: Sequence[str]) -> set[int]:
    """And behind each ``**`` there, which may stand for no folder."""
    found = set(places)
    for place in sorted(places):
        while _any(pattern, place):
            place += 1
            found.add(place)
    return found


def _any(pattern: Sequence[str], place: int) -> bool:
    return place < len(pattern) and pattern[place] == "**"
