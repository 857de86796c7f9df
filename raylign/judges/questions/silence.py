"""Responses that say nothing: known without asking anyone, so that nobody can be talked into another word on them."""

import unicodedata

BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols, by their category, of which nothing is seen."""
DUMB = ("C", "M", "P", "Sk", "Z")
"""Categories of what says nothing alone: controls, accents, punctuation, spaces."""


def says_nothing(response: str) -> bool:
    """Whether no letter, number or symbol stands in it."""
    return all(one in BLANK or unicodedata.category(one).startswith(DUMB) for one in response)
