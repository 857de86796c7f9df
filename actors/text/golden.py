"""Golden responses of the data in the policy's tokens, ended as the policy itself ends what it samples."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import TemplateError

from actors.text.rated import RatedText
from raylign.conversation import templated
from raylign.errors import SpecError
from raylign.sources.prompts import Encode
from raylign.sources.render import NONE
from raylign.types import Prompt

MARK = "MARK"
"""Stands for what an assistant says."""


def encoder(
    model: str, tokenizer: Any, stops: Sequence[int], arguments: Mapping[str, Mapping[str, Any]] = NONE
) -> Encode:
    """How to encode a prompt's golden response, end included.

    After a conversation it ends in what the chat template puts after an assistant's turn, after plain text in the
    first of ``stops``: the tokens at which the engine ends a response. ``arguments``: of the chat template, by task.
    Encoding raises `SpecError` where the engine would not stop there.
    """

    @cache
    def end(task: str, templated: bool) -> tuple[int, ...]:
        if not stops:
            raise SpecError(
                f"`baseline: data` needs an end token, and the policy {model!r} has none: set `eos_token` in its "
                "tokenizer_config.json, or `eos_token_id` in its generation_config.json"
            )
        return end_of_turn(model, tokenizer, stops, arguments.get(task, NONE)) if templated else (stops[0],)

    def encode(prompt: Prompt) -> tuple[int, ...]:
        assert prompt.baseline is not None  # the prompts file was read with need_baseline
        return (*tokenizer.encode(prompt.baseline, add_special_tokens=False), *end(prompt.task, prompt.templated))

    return encode


def rating_encoder(texts: RatedText) -> Encode:
    """How to encode a prompt together with its golden response, as reward models read them; none where they do not."""

    def encode(prompt: Prompt) -> tuple[int, ...]:
        assert prompt.baseline is not None
        read = texts.read(prompt, prompt.baseline)
        return () if isinstance(read, str) else tuple(read)

    return encode


def end_of_turn(
    model: str, tokenizer: Any, stops: Sequence[int], arguments: Mapping[str, Any] = NONE
) -> tuple[int, ...]:
    """What the chat template puts after an assistant's words, up to the first of ``stops``, which it must reach.

    Where it puts nothing there but space, a turn ends like a text: in the first of ``stops``.
    """
    turns = [{"role": "user", "content": MARK.lower()}, {"role": "assistant", "content": MARK}]
    try:
        text = templated(tokenizer, turns, add_generation_prompt=False, **arguments)
    except TemplateError as error:
        raise SpecError(f"the chat template of {model!r} refuses a question with its answer: {error}") from error
    _, said, after = text.rpartition(MARK)
    if not said:
        raise SpecError(
            f"the chat template of {model!r} leaves out what the assistant says: golden responses cannot end"
        )
    token_ids = tokenizer.encode(after, add_special_tokens=False)
    for at, token in enumerate(token_ids):
        if token in stops:
            return tuple(token_ids[: at + 1])
        if word := tokenizer.decode([token]).strip():
            raise SpecError(
                f"the chat template of {model!r} ends an assistant's turn in {word!r} (token {token}), but sampling "
                f"stops only at {sorted(stops)}: add it to `eos_token_id` in the model's generation_config.json"
            )
    return (stops[0],)
