"""On which line of its text a value of a document stands."""

from collections.abc import Sequence

import yaml

try:  # libyaml: ten times as fast
    from yaml import CSafeLoader as Loader
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as Loader  # type: ignore[assignment]


def line_of(text: str, loc: Sequence[str | int]) -> int | None:
    """Of the key or item at ``loc``, or of as much of the way there as the text has; None for the document itself.

    The text was read before (`raylign.spec.document`), so it is bounded. None, too, where it is JSON of a sort that
    is no YAML: with a tab, or half of a surrogate pair.
    """
    try:
        node, line = yaml.compose(text, Loader=Loader), None
    except yaml.YAMLError:
        return None
    for part in loc:
        match node:
            case yaml.MappingNode():
                found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            case yaml.SequenceNode() if isinstance(part, int) and part < len(node.value):
                found = (node.value[part], node.value[part])
            case _:
                found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
