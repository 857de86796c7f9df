"""Responses that say nothing: known without asking anyone, so that nobody can be talked into another word on them."""

import unicodedata

BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols, by their category, of which nothing is seen."""
SAYING = "LNS"
"""Categories of what says something: letters, numbers, symbols. Not spaces, controls or punctuation."""


def says_nothing(response: str) -> bool:
    """Whether no letter, number or symbol stands in it."""
    return not any(unicodedata.category(one)[0] in SAYING and one not in BLANK for one in response)
