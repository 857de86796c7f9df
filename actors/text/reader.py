"""How a model gets to read what a user or another model wrote: whatever that spells, it stays text."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from transformers import PreTrainedTokenizerBase

from raylign.errors import SpecError

Show = Callable[[str], str]
"""How a piece of foreign text is put into a template."""

PLACEHOLDERS = (".", "a", "0")
TEMPLATES = 64
"""Whose own control tokens are remembered."""
ROUNDS = 8
"""Breaking a token can leave another that overlapped it; whoever nests deeper is not read."""


class Reader:
    """Turns templates filled with foreign text into token ids in which only the template's own words are control.

    Text that spells no control token is read exactly as the tokenizer reads it. Text that does is shown with the
    tokens broken. Text that makes one all the same, across its border with the template or in a way only this
    tokenizer's normalization knows, is not read at all: what counts is the ids that come out.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        control = control_tokens(tokenizer)
        self._control_ids = frozenset(control)
        self._control_tokens = tuple(control.values())
        self._placeholder = self._find_placeholder()
        # A template in which foreign text is hidden reads the same from row to row.
        self._own = lru_cache(maxsize=TEMPLATES)(self._control_in)

    def read(self, write: Callable[[Show], str], *, add_special_tokens: bool) -> list[int] | None:
        """The ids of ``write(show)``, which must put all foreign text through ``show``; None where it is not read.

        ``add_special_tokens``: whether the tokenizer adds what it begins and ends texts with; False for chat templates,
        which write it themselves.
        """

        own = self._own(write(self._hide), add_special_tokens)
        for show in (_as_it_is, self._neutralize):
            ids = self._encode(write(show), add_special_tokens)
            if self._control(ids) == own:
                return ids
        return None

    def _encode(self, text: str, add_special_tokens: bool) -> list[int]:
        text = text.encode("utf-8", "replace").decode("utf-8")  # what UTF-8 cannot carry, no tokenizer takes
        begins = self._tokenizer.bos_token is not None and text.startswith(self._tokenizer.bos_token)
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=add_special_tokens and not begins)
        return ids

    def _control_in(self, text: str, add_special_tokens: bool) -> list[int]:
        return self._control(self._encode(text, add_special_tokens))

    def _control(self, ids: Iterable[int]) -> list[int]:
        return [id_ for id_ in ids if id_ in self._control_ids]

    def _neutralize(self, text: str) -> str:
        return neutralize(text, self._control_tokens)

    def _hide(self, text: str) -> str:
        """Something in its place, where there was something: the template's own control tokens are the same."""
        return self._placeholder if text.strip() else text

    def _find_placeholder(self) -> str:
        """A text that is one: what a tokenizer does not know, it may read as padding or as an end."""

        def candidates() -> Iterator[str]:
            yield from PLACEHOLDERS
            yield from sorted(self._tokenizer.get_vocab())

        for text in candidates():
            ids = self._tokenizer.encode(text, add_special_tokens=False)
            if ids and not self._control(ids) and text.strip():
                return text
        raise SpecError("the tokenizer has no text that is not a control token: is it a language model's?")


def control_tokens(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """Tokens that mean more than they spell, by id: special ones, and added ones that look like markup.

    Not the token for unknown characters, which any text may give.
    """
    named = tokenizer.special_tokens_map
    unknown = named.get("unk_token")
    if unknown in [token for name, token in named.items() if name != "unk_token"]:
        unknown = None  # it ends texts too
    return {
        id_: token.content
        for id_, token in tokenizer.added_tokens_decoder.items()
        if (token.special or _is_markup(token.content)) and token.content != unknown
    }


def neutralize(text: str, tokens: Sequence[str]) -> str:
    """``text`` with a space put into every token it spells: people read the same, the tokenizer does not.

    Spelled in characters that Unicode folds into the token's (fullwidth forms), too: such a text is folded first.
    """
    spelled = {token for token in tokens if token.strip()}
    spelled |= {unicodedata.normalize("NFKC", token) for token in spelled}
    if not spelled:
        return text
    pattern = re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True))))
    folded = unicodedata.normalize("NFKC", text)
    if pattern.search(folded):
        text = folded
    for _ in range(ROUNDS):
        text, broken = pattern.subn(_break, text)
        if not broken:
            break
    return text


def _break(token: re.Match[str]) -> str:
    return f"{token[0][0]} {token[0][1:]}" if len(token[0]) > 1 else " "


def _is_markup(token: str) -> bool:
    """Not a word or a run of spaces, which vocabularies are extended by for their own sake."""
    return len(token) > 1 and not all(character.isalnum() or character in " ▁\t\n\r" for character in token)


def _as_it_is(text: str) -> str:
    return text
