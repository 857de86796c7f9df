"""Sentences of English prose, counted the way a trained sentence splitter counts them, without its model."""

import re

_SHORT = """
mr mrs ms dr prof sr jr st gen col capt lt sgt rev hon gov sen rep inc ltd co corp vs etc e.g i.e al fig no vol jan feb
mar apr jun jul aug sep sept oct nov dec a.m p.m u.s u.k u.n d.c ph.d b.a m.a cf approx dept est ave blvd
"""
_ABBREVIATIONS = frozenset(_SHORT.split())
# A closing quote or bracket belongs to the sentence it closes.
_END = re.compile(r"(?<![.!?])([.!?]++)[\"'\u201d\u2019)\]*_]*+\s++(?=\S)")


def split_sentences(text: str) -> list[str]:
    """Sentences in order, stripped. A line break alone ends none; text without a closing mark is one sentence."""
    sentences, start = [], 0
    for match in _END.finditer(text):
        if _ends(text, match):
            sentences.append(text[start : match.end()].strip())
            start = match.end()
    rest = text[start:].strip()
    return [*sentences, rest] if rest else sentences


def _ends(text: str, match: re.Match[str]) -> bool:
    marks, following = match[1], text[match.end() : match.end() + 8].lstrip("\"'\u201c\u2018([*_")[:1]
    if marks != ".":
        return not (marks.startswith("..") and following.islower())
    word = text[max(0, match.start() - 40) : match.start()].split()[-1:]
    last = word[0].lstrip("(\"'\u201c*[").lower() if word else ""
    return last not in _ABBREVIATIONS and not (len(last) == 1 and last.isalpha() and last != "i")
