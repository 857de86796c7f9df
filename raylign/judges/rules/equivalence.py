"""Whether two answers to a question of mathematics are the same. Imports math-verify, which takes its time."""

import logging
import re

import math_verify

from raylign.judges.rules.answers import LATEX, MODULUS, clean, items, shown, sides
from raylign.judges.rules.numbers import Number, hedges, read_number, same_number

MAX_ANSWER_CHARS = 1000
"""A longer answer is no answer, and parsing it would take time."""

# math-verify logs every expression that it cannot parse.
logging.getLogger("math_verify").setLevel(logging.CRITICAL)
logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)

_BROKEN_INLINE = re.compile(r"\\\(\s*\n")
_RELATION = re.compile(r"[<>≤≥≠≡∈±]|\\(?:neq?|leq?|geq?|lt|gt|equiv|in|pm|mp|to)(?![A-Za-z])|:=|==|!=")
_NAME = re.compile(r"\\?[A-Za-z]+(?:_(?:\w|\{\w+\}))?(?:\([^()]*\))?")
_VARIABLE = re.compile(r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])")
_CALCULATION = re.compile(
    r"[0-9][)}\]]*\s*(?:[-+*/^×÷·\u2212]|\\(?:times|cdot|div)(?![A-Za-z]))[*\s]*[({\[]*\s*-?[0-9]|[0-9]\s*!"
    r"|\\(?:sqrt|d?t?binom|log|ln|sin|cos|tan|d?t?frac)(?![A-Za-z])"
)
"""Two numbers with an operator between them, or one that something is still to be done to."""


def equivalent(answer: str, gold: str) -> bool:
    """Whether two answers are the same.

    Where the gold answer is a number, the answer must write one out (`raylign.judges.rules.numbers`) and name no other;
    it may end a chain of equal sides (``40 + 6 = 46``) or follow a name (``x = 46``). Bare lists compare item by item,
    in order; the rest by math-verify, and is wrong where it leaves a calculation that the gold answer does not leave.
    """
    answer, gold = clean(answer), clean(gold)
    if not answer or not gold or len(answer) > MAX_ANSWER_CHARS or _BROKEN_INLINE.search(answer):
        return False
    if answer == gold:
        return True
    *names, last = sides(gold)
    wanted = read_number(last)
    if wanted is not None and all(map(_NAME.fullmatch, names)):
        return _writes_out(answer, wanted, whole_chain=not names)
    if not LATEX.search(answer) and not LATEX.search(gold):
        answers, golds = items(answer), items(gold)
        if len(answers) != len(golds):
            return False
        if len(golds) > 1:
            return all(map(equivalent, answers, golds))
    if _CALCULATION.search(sides(answer)[-1]) and not (_CALCULATION.search(gold) or _VARIABLE.search(gold)):
        return False
    return _verify(answer, gold)


def _writes_out(answer: str, wanted: Number, *, whole_chain: bool) -> bool:
    """Whether ``answer`` comes down to the number ``wanted``. ``whole_chain``: all of its sides must be equal."""
    if _RELATION.search(MODULUS.sub("", shown(answer))):
        return False
    *before, last = sides(answer)
    given = read_number(last)
    if given is None or not same_number(given, wanted):
        return False
    return not whole_chain or all(_stands_for(side, last) for side in before)


def _stands_for(side: str, number: str) -> bool:
    """Whether ``side = number`` can be: ``side`` names what was asked, or is a calculation with that result."""
    if hedges(side):
        return False
    named = re.sub(r"_(?:\w|\{\w+\})|(?<=[A-Za-z])\([^()]*\)", "", side)
    return not re.search(r"\d", named) or _verify(number.replace("$", ""), side.replace("$", ""))


def _verify(answer: str, gold: str) -> bool:
    # Timeouts off: they work by signals, and this runs where the whole process can be killed.
    return bool(math_verify.verify(_parse(gold), _parse(answer), timeout_seconds=None, allow_set_relation_comp=True))


def _parse(text: str) -> list:
    if not LATEX.search(text):
        text = f"${text}$"
    return math_verify.parse(text, parsing_timeout=None)
