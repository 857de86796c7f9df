"""A conversation with one model in this process, answered token by token."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig, TextStreamer

from actors.loading import DType, load_policy
from actors.tokenizers import load_tokenizer, stop_tokens
from raylign.conversation import templated
from raylign.errors import SpecError

RESET = "/new"
"""Begins another conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How it answers."""

    temperature: float
    """0 takes the likeliest token at every place."""
    max_tokens: int
    system: str | None = None


class Chat:
    """A model, and what was said so far. One without a chat template reads each line by itself, as it is."""

    def __init__(self, model: str, manner: Manner, *, dtype: DType, device: str) -> None:
        """Raises `SpecError` where the model cannot be loaded, or reads no system's turn that it is to have."""
        self.model = model
        self._manner = manner
        self._device = device
        self._tokenizer: Any = load_tokenizer(model)
        self._templated = bool(self._tokenizer.chat_template)
        if manner.system and not self._templated:
            raise SpecError(f"{model!r} has no chat template, so it reads plain text: leave out --system")
        self._policy: Any = load_policy(model, dtype=dtype, device=device)
        self._policy.generation_config = GenerationConfig(
            eos_token_id=list(stop_tokens(model, self._tokenizer)), pad_token_id=self._tokenizer.pad_token_id or 0
        )
        self.reset()

    def reset(self) -> None:
        """Forget what was said."""
        system = self._manner.system
        self._turns = [{"role": "system", "content": system}] if system else []

    def answer(self, said: str, *, aloud: bool) -> str:
        """Its answer, written to stdout as it comes where ``aloud``."""
        self._turns.append({"role": "user", "content": said})
        ids = self._read(said)
        streamer = TextStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True) if aloud else None
        sampled = self._manner.temperature > 0
        with torch.inference_mode():
            out = self._policy.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=self._manner.max_tokens,
                do_sample=sampled,
                **({"temperature": self._manner.temperature, "top_k": 0, "top_p": 1.0} if sampled else {}),
                streamer=streamer,
            )
        text: str = self._tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        self._turns.append({"role": "assistant", "content": text})
        return text

    def _read(self, said: str) -> torch.Tensor:
        text = said
        if self._templated:
            text = templated(self._tokenizer, self._turns, add_generation_prompt=True)
        ids = self._tokenizer.encode(text, add_special_tokens=not self._templated, return_tensors="pt")
        return ids.to(self._device)


def converse(chat: Chat, lines: Iterable[str], *, as_json: bool) -> None:
    """Answer every line until there are no more."""
    asking = sys.stdin.isatty() and not as_json
    if asking:
        print(f"{chat.model}: {RESET} begins anew, Ctrl-D leaves")
    _ask(asking)
    for line in lines:
        said = line.strip()
        if said == RESET:
            chat.reset()
        elif said:
            text = chat.answer(said, aloud=not as_json)
            if as_json:
                print(json.dumps({"prompt": said, "response": text}), flush=True)
        _ask(asking)


def _ask(asking: bool) -> None:
    if asking:
        print("> ", end="", flush=True)
