"""Text of models, judges and users, made safe to show: nothing in it can steer a terminal or reorder a page."""

import unicodedata

ELLIPSIS = "…"
CONTROL_PICTURES = 0x2400
"""U+2400 + n is the printable picture of control character n: an escape shows as ``␛``."""


def visible(text: str, *, limit: int | None = None, lines: bool = False) -> str:
    """``text`` with every control, format and surrogate character replaced by a printable one.

    Args:
        limit: longest result in characters; what is cut is marked by an ellipsis.
        lines: keep line breaks and tabs; otherwise every run of white space becomes one space.
    """
    if not lines:
        text = " ".join(text.split())
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)].rstrip() + ELLIPSIS
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(char: str) -> str:
    if char in "\n\t":
        return char
    if ord(char) < 0x20:
        return chr(CONTROL_PICTURES + ord(char))
    if char == "\u200d":
        return char  # joins emoji
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char
