"""Instructions about upper and lower case."""

import re

from raylign.judges.rules.instructions.registry import Relation, compare, kind

# Words as a treebank tokenizer cuts them: hyphens stay inside, contractions are cut in two.
_TOKEN = re.compile(r"[^\s,;:!?()\[\]{}<>\"\u201c\u201d$%&#@`]+")
_CONTRACTION = re.compile(r"(?i)(?=n't\b)|(?='(?:s|m|d|ll|re|ve)\b)")

# The commonest words of English: a text of more than a few words that has none of them is not English.
_COMMON_WORDS = """
the be to of and a in that have i it for not on with he as you do at this but his by from they we say her she or an will
my one all would there their what so up out if about who get which go me is are was were has had can your our its no yes
dear hello please
"""
_ENGLISH = frozenset(_COMMON_WORDS.split())


@kind("change_case:capital_word_frequency")
def capital_word_frequency(text: str, *, capital_frequency: int, capital_relation: Relation) -> bool:
    tokens = [part for token in _TOKEN.findall(text) for part in _CONTRACTION.split(token)]
    return compare(sum(token.isupper() for token in tokens), capital_relation, capital_frequency)


@kind("change_case:english_capital")
def english_capital(text: str) -> bool:
    return text.isupper() and is_english(text)


@kind("change_case:english_lowercase")
def english_lowercase(text: str) -> bool:
    return text.islower() and is_english(text)


def is_english(text: str) -> bool:
    """By letters and common words: enough to refuse another language, not to name it."""
    letters = [char for char in text if char.isalpha()]
    if sum(char.isascii() for char in letters) < 0.9 * len(letters):
        return False
    words = re.findall(r"[a-z]+", text.lower())
    if len(words) == 1:
        return words[0] in _ENGLISH  # one word tells a language only to who knows it
    return len(words) < 8 or sum(word in _ENGLISH for word in words) >= 0.1 * len(words)
