"""Where in a text the answer stands: what is boxed, the formula, the last side of a chain of equations."""

import re

from raylign.judges.rules.numbers import hedges

LATEX = re.compile(r"\$[^$]+\$|\\\(|\\\[|\\boxed\b|\\fbox\b|\\begin\{")
"""What shows that a text is, or holds, LaTeX."""
MODULUS = re.compile(r"\\pmod\s*\{\s*[0-9]+\s*\}")
"""A number that stands beside an answer and is none."""

_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)")
_APPROXIMATELY = re.compile(r"\\(?:approx|simeq|sim)(?![A-Za-z])|[≈≃]")
_DECLARED = re.compile(r".*\bfinal answer is:?\s*(.+?)\.?\s*(?:I hope it is correct\b.*)?", re.DOTALL | re.IGNORECASE)
_BESIDE = re.compile(r"\W*(?:or|and|but|not|no|maybe)?\W*\d")
_CLOSED = " $.)]\\"


def clean(text: str) -> str:
    r"""Trim spaces, emphasis, a closing period, and braces that ``\boxed`` left around the whole answer."""
    text = text.strip().lstrip(":").strip().strip("*").strip().rstrip(".!").rstrip().strip("*").strip()
    if text.startswith("{"):
        end = _closing(text)
        if end is not None and not text[end + 1 :].strip(_CLOSED):
            return text[1:end].strip()
    return text


def shown(text: str) -> str:
    """What the text declares its final answer; of that what is boxed, else the one formula and the words behind it.

    All of it where more than one could be meant: different boxes, different formulas, a number beside the box or before
    the formula.
    """
    declared = _DECLARED.fullmatch(text)
    text = declared[1] if declared else text
    boxes = [match.end() for match in _BOX.finditer(text)]
    if boxes:
        return _boxed(text, boxes) or text
    formulas = list(_FORMULA.finditer(text))
    if len({formula[0] for formula in formulas}) != 1:
        return text
    before, after = text[: formulas[0].start()], text[formulas[-1].end() :]
    if re.search(r"\d", before) or hedges(before):
        return text
    inside = formulas[0][formulas[0].lastindex or 0]
    return f"{inside.strip()} {after.strip()}".strip()


def sides(text: str) -> list[str]:
    """The sides of a chain of equations, less what only approximates the side before it."""
    exact = [part for part in _APPROXIMATELY.split(shown(text)) if part.strip()]
    return [side.strip() for side in exact[0].split("=")] if exact else [""]


def items(text: str) -> list[str]:
    """Comma-separated parts; a comma inside brackets or a number does not part."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()]


def _boxed(text: str, boxes: list[int]) -> str | None:
    """What the boxes that open at ``boxes`` hold, if all hold the same and no number stands beside the last."""
    ends = [_closing(text[start:]) for start in boxes]
    insides = {text[start + 1 : start + end].strip() for start, end in zip(boxes, ends, strict=True) if end is not None}
    if len(insides) != 1 or ends[-1] is None or _BESIDE.match(text, boxes[-1] + ends[-1] + 1):
        return None
    return insides.pop()


def _closing(text: str) -> int | None:
    """Where the brace that opens ``text`` is closed."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return index
    return None
