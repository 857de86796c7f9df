"""The tokens of a model by name, read from its tokenizer.json, and whether two models mean the same by them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import read_regular
from raylign.spec.telling import shown

Vocabulary = Mapping[str, int]
"""Token id by token."""

FILE = "tokenizer.json"


def read_vocabulary(directory: Path) -> Vocabulary | None:
    """The vocabulary of a model directory; None where only its tokenizer, once loaded, can tell."""
    if (text := _text(directory)) is None:
        return None
    try:
        document = json.loads(text)
        added = {token["content"]: token["id"] for token in document.get("added_tokens") or ()}
        vocabulary = {**_numbered(document["model"]["vocab"]), **added}
        if any(type(number) is not int for number in vocabulary.values()):
            raise TypeError("a token's id is no whole number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SpecError(
            f"{str(directory / FILE)!r} is no tokenizer's file ({error!r}); fetch the model again"
        ) from None
    return vocabulary


def _text(directory: Path) -> bytes | None:
    """Of the tokenizer's file; None where there is none."""
    try:
        return read_regular(directory / FILE)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SpecError(f"cannot read {str(directory / FILE)!r}: {error.strerror}") from None


def _numbered(tokens: Any) -> dict[str, int]:
    """Unigram models list [token, score]; all others map token to id."""
    if isinstance(tokens, dict):
        return tokens
    return {token: number for number, (token, _) in enumerate(tokens)}


def check_same_files(policy: Path, reference: Path) -> None:
    """`check_same_tokens` of two model directories, as far as their files tell."""
    if _text(policy) == _text(reference):
        return
    tokens, others = read_vocabulary(policy), read_vocabulary(reference)
    if tokens is not None and others is not None:
        check_same_tokens(str(policy), tokens, str(reference), others)


def check_same_tokens(policy: str, tokens: Vocabulary, reference: str, others: Vocabulary) -> None:
    """Raise `SpecError`, naming the first, unless every token has one id in both vocabularies."""
    differing = tokens.items() ^ others.items()
    if not differing:
        return
    token, _ = min(differing, key=lambda item: (item[1], item[0]))
    said = [f"token {vocabulary[token]}" if token in vocabulary else "no token" for vocabulary in (tokens, others)]
    raise SpecError(
        f"policy {policy!r} and reference {reference!r} have different vocabularies: {shown(token)} is {said[0]} of "
        f"the policy and {said[1]} of the reference, and {len({token for token, _ in differing}) - 1} more differ. "
        "Their log-probs cannot be compared; name a reference with the policy's tokenizer"
    )
