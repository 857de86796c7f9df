"""Written-out numbers: what may stand as an answer where a number is asked, with nothing left to compute.

Read by one grammar of what is allowed, so that what it does not know (an operator, a second number, an unseen sign) is
no number: a policy is rewarded for the answer, and would learn to hand back the question.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

MAX_CHARS = 200
"""No number is longer with its unit."""
ROUNDED_DIGITS = 6
"""Significant digits that a decimal needs where the answer is a fraction it can only round."""

_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
_RATIO = (
    r"(?P<over>[0-9]+)\s*/\s*(?P<under>[0-9]+)"
    r"|\\[dt]?frac\s*(?:\{\s*(?P<over_tex>-?[0-9]+)\s*\}|(?P<over_digit>[0-9]))"
    r"\s*(?:\{\s*(?P<under_tex>[0-9]+)\s*\}|(?P<under_digit>[0-9]))"
)
_TEN = r"(?:[eE]|\s*(?:\\times|\\cdot|[*×·])\s*10\s*(?:\^|\*\*)\s*)\{?\s*(?P<exponent>[-+]?[0-9]{1,3})\s*\}?"
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALE = rf"\s*(?P<scale>{'|'.join(_SCALES)})\b"
# One letter alone would be a variable, not a unit, unless it is marked as text.
_WORDS = r"[^\W\d_]{2,}\.?(?:\s*/\s*[^\W\d_]+|\s+|-)?"
_TEXT = r"\\(?:text(?:bf|rm|it)?|mbox|math(?:rm|bf))\s*\{(?:[^\W\d_]|[ ./%°-])*\}"
_UNIT = (
    rf"(?:\s*\\?%|\s*(?:°|\^\s*\{{?\s*\\circ\s*\}}?)(?:\s*[CF]\b)?"
    rf"|\s*(?:{_TEXT})\s*|(?:[\s-])?(?:{_WORDS}){{1,5}})(?:\^\{{?[23]\}}?|[²³])?"
)
_CURRENCY = r"\\?[$€£¥]"
_NUMBER = re.compile(
    rf"(?P<sign>[-+\u2212]?)\s*(?:{_CURRENCY})?\s*(?P<minus>[-+\u2212]?)"
    rf"(?:(?P<whole>[0-9]+)\s*(?=\\[dt]?frac|(?<=\s)[0-9]+\s*/))?"
    rf"(?:{_RATIO}|(?P<digits>{_DIGITS})(?:{_TEN}|{_SCALE})?)\s*(?:{_CURRENCY})?(?P<unit>(?:{_UNIT}){{0,2}})\s*"
)
_SPACING = re.compile(r"\\[,;: ]|~|\\q?quad(?![A-Za-z])")
_EMPHASIS = re.compile(r"(?<!\w)\*\*|\*\*(?!\w)")
_TAKES_BACK = """
    or and not no nor but if isn either neither maybe perhaps possibly probably alternatively wrong incorrect false
    than less more plus minus times over divided multiplied squared cubed factorial dozen dozens score half halves
    third thirds quarter quarters zero one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundreds thousands millions billions trillions
"""
_NOT_A_UNIT = frozenset(_TAKES_BACK.split()) | set(_SCALES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as somebody wrote it."""

    value: Fraction
    form: Literal["digits", "fraction", "power of ten"]
    reduced: bool = True
    """A fraction in lowest terms, a mantissa of one digit before the point. Digits are always."""
    places: int = 0
    """Digits after the point."""


def read_number(text: str) -> Number | None:
    """The number that ``text`` writes out, its currency or unit dropped; None where it is anything else or more."""
    if len(text) > MAX_CHARS:
        return None
    match = _NUMBER.fullmatch(_spaced(text))
    if match is None or (match["sign"] and match["minus"]) or hedges(match["unit"]):
        return None
    sign = -1 if (match["sign"] or match["minus"]) in ("-", "\u2212") else 1
    if match["digits"] is None:
        return _fraction(match, sign)
    if match["whole"] is not None:
        return None
    digits = re.sub(r"[, ]", "", match["digits"]).rstrip(".")
    value, places = sign * Fraction(digits), len(digits.partition(".")[2])
    if match["exponent"] is None:
        scale = _SCALES.get(match["scale"] or "", 1)
        return Number(value=value * scale, form="digits", places=places if scale == 1 else 0)
    power = value * Fraction(10) ** int(match["exponent"])
    return Number(value=power, form="power of ten", reduced=1 <= abs(value) < 10)


def same_number(answer: Number, gold: Number) -> bool:
    """Whether the values are equal, and the answer is no calculation where the gold answer is none.

    A fraction answers only a fraction, and only in lowest terms (``10/4`` restates the question whose answer is
    ``5/2``); a power of ten only a power of ten. A decimal may round a fraction, to six significant digits or more.
    """
    if answer.form == "digits":
        return answer.value == gold.value or (gold.form == "fraction" and _rounds(answer, gold.value))
    return answer.form == gold.form and answer.reduced and answer.value == gold.value


def hedges(words: str) -> bool:
    """Whether words around a number take it back, change it or name another one: ``or forty-seven``, ``squared``."""
    return not _NOT_A_UNIT.isdisjoint(re.findall(r"[^\W\d_]+", words.lower()))


def _spaced(text: str) -> str:
    """LaTeX's ways to write a separator or a space as plain ones."""
    text = text.replace("{,}", ",").replace("\\!", "").replace("\\left", "").replace("\\right", "")
    text = re.sub(r"(?<=[0-9],) (?=[0-9]{3})", "", _SPACING.sub(" ", text))
    return _EMPHASIS.sub("", text).strip()


def _fraction(match: re.Match[str], sign: int) -> Number | None:
    over = int(match["over"] or match["over_tex"] or match["over_digit"])
    under = int(match["under"] or match["under_tex"] or match["under_digit"])
    if under == 0 or (over < 0 and sign < 0):
        return None
    part = Fraction(over, under)
    reduced = part.denominator == under > 1
    if match["whole"] is None:
        return Number(value=sign * part, form="fraction", reduced=reduced)
    return Number(value=sign * (int(match["whole"]) + part), form="fraction", reduced=reduced and 0 < part < 1)


def _rounds(answer: Number, exact: Fraction) -> bool:
    """Whether the decimal lies within one unit of its last digit, and shows enough digits to tell."""
    shown = abs(answer.value * 10**answer.places)
    return shown >= 10 ** (ROUNDED_DIGITS - 1) and abs(answer.value - exact) * 10**answer.places <= 1
