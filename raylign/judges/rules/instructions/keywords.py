"""Instructions about words that must, or must not, appear. Keywords are regular expressions, as in IFEval."""

import re

from raylign.judges.rules.instructions.registry import Relation, RequirementError, compare, kind


@kind("keywords:existence")
def existence(text: str, *, keywords: list[str]) -> bool:
    return all(_pattern(keyword).search(text) for keyword in keywords)


@kind("keywords:frequency")
def frequency(text: str, *, keyword: str, frequency: int, relation: Relation) -> bool:
    return compare(len(_pattern(keyword.strip()).findall(text)), relation, frequency)


@kind("keywords:forbidden_words")
def forbidden_words(text: str, *, forbidden_words: list[str]) -> bool:
    return not any(_pattern(rf"\b{word}\b").search(text) for word in forbidden_words)


@kind("keywords:letter_frequency")
def letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: Relation) -> bool:
    if len(letter) != 1:
        raise RequirementError("malformed arguments of keywords:letter_frequency")
    return compare(text.lower().count(letter.lower()), let_relation, let_frequency)


@kind("keywords:key_sentences")
def key_sentences(text: str, *, key_sentences: list[str], num_sentences: int) -> bool:
    """Exactly so many of the sentences appear, whole."""
    return sum(sentence in text for sentence in key_sentences) == num_sentences


def _pattern(keyword: str) -> re.Pattern[str]:
    try:
        return re.compile(keyword, re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(keyword), re.IGNORECASE)
