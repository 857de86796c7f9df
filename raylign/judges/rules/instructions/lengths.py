"""Instructions about numbers of words, sentences and paragraphs."""

import re

from raylign.judges.rules.instructions.registry import Relation, compare, kind
from raylign.judges.rules.instructions.sentences import split_sentences

_FIRST_WORD_END = re.compile(r"[.,?!'\"]")


@kind("length_constraints:number_words")
def number_words(text: str, *, num_words: int, relation: Relation) -> bool:
    return compare(len(re.findall(r"\w+", text)), relation, num_words)


@kind("length_constraints:number_sentences")
def number_sentences(text: str, *, num_sentences: int, relation: Relation) -> bool:
    return compare(len(split_sentences(text)), relation, num_sentences)


@kind("length_constraints:number_paragraphs")
def number_paragraphs(text: str, *, num_paragraphs: int) -> bool:
    """Paragraphs are parted by ``***``; only the first and the last may be empty."""
    paragraphs = re.split(r"\s?\*\*\*\s?", text)
    full = [bool(paragraph.strip()) for paragraph in paragraphs]
    return all(full[1:-1]) and sum(full) == num_paragraphs


@kind("length_constraints:nth_paragraph_first_word")
def nth_paragraph_first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    """Paragraphs are parted by a blank line; the nth, from 1, starts with the word."""
    paragraphs = text.split("\n\n")
    if sum(bool(paragraph.strip()) for paragraph in paragraphs) != num_paragraphs:
        return False
    if not 1 <= nth_paragraph <= num_paragraphs:
        return False
    words = paragraphs[nth_paragraph - 1].split()
    if not words:
        return False
    return _FIRST_WORD_END.split(words[0].lstrip("'").lstrip('"'))[0].lower() == first_word.lower()
