"""Reward models: sequence-classification heads with one output."""

import math
from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from actors.loading import DType, load_tokenizer
from actors.scoring.classifier import Classifier
from actors.text.reader import Reader, Show
from raylign.conversation import transcript
from raylign.tensors.threads import use_threads
from raylign.types import Message, Prompt
from raylign.workers import Reading, Roles

PLAIN_TEXT = "it has no chat template and reads plain text: docs/methods.md says in which form"


class TemplateRefusal(Exception):
    """The model's chat template does not take this conversation."""


class RewardWorker:
    """Holds all reward models of a job.

    A prompt's responses are scored in one forward pass of their own, so that no bit of a reward depends on what else
    was asked. Nothing is truncated: a response that does not fit the model's context has no reward.
    """

    def __init__(self, *, models: Sequence[str], device: str, threads: int, dtype: DType = "float32") -> None:
        use_threads(threads)
        self._scorers = {model: _Scorer(model, dtype=dtype, device=device) for model in models}

    def ready(self) -> dict[str, Any]:
        """Parameters by model and what is to be known of them, for people."""
        return {
            **{model: scorer.classifier.model.num_parameters() for model, scorer in self._scorers.items()},
            "warnings": [
                f"reward model {model!r}: {PLAIN_TEXT}"
                for model, scorer in self._scorers.items()
                if scorer.reads_plain_text
            ],
        }

    def reward(self, model: str, prompt: Prompt, texts: Sequence[str]) -> list[float | str]:
        """The model's output for each response; a word where there is none.

        ``"too long"``, ``"control token"`` (it would speak as another turn), ``"template"`` (the model's chat template
        refuses the conversation), ``"not finite"``.
        """
        return self._scorers[model].reward(prompt, texts)

    def reward_all(self, model: str, groups: Sequence[tuple[Prompt, Sequence[str]]]) -> list[list[float | str]]:
        """`reward` of every prompt's responses."""
        return [self.reward(model, prompt, texts) for prompt, texts in groups]

    def reading(self, model: str, shapes: Sequence[Roles]) -> Reading:
        """What the model can read; and of conversations of these roles, which its chat template does not take."""
        scorer = self._scorers[model]
        refusals = {shape: said for shape in shapes if (said := scorer.refusal(shape))}
        return Reading(context=scorer.limit, refusals=refusals)

    def shutdown(self) -> None:
        """Nothing to give back."""


class _Scorer:
    """One reward model and its tokenizer."""

    def __init__(self, name: str, *, dtype: DType, device: str) -> None:
        self.classifier = Classifier(name, dtype=dtype, device=device)
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(name)
        self.reads_plain_text = self.tokenizer.chat_template is None
        self.limit = _context(self.classifier.model.config.to_dict(), self.tokenizer)
        self._reader = Reader(self.tokenizer)

    def reward(self, prompt: Prompt, texts: Sequence[str]) -> list[float | str]:
        rows = [self._read(prompt, text) for text in texts]
        readable = {at: row for at, row in enumerate(rows) if not isinstance(row, str)}
        values = iter(self.classifier(list(readable.values())) if readable else [])
        return [row if isinstance(row, str) else _finite(next(values)) for row in rows]

    def refusal(self, roles: Roles) -> str:
        """What the template says against a conversation of these roles before the response; nothing if it takes it."""
        try:
            if not self.reads_plain_text:
                self.render([{"role": role, "content": "."} for role in (*roles, "assistant")])
        except TemplateRefusal as refusal:
            return str(refusal)
        return ""

    def _read(self, prompt: Prompt, text: str) -> list[int] | str:
        """Token ids of the conversation as the model reads it, or why it does not."""
        try:
            ids = self._reader.read(
                lambda show: self._write(prompt, text, show),
                add_special_tokens=self.reads_plain_text,  # a template writes the special tokens itself
            )
        except TemplateRefusal:
            return "template"
        if ids is None:
            return "control token"
        return ids if len(ids) <= self.limit else "too long"

    def _write(self, prompt: Prompt, text: str, show: Show) -> str:
        if self.reads_plain_text and prompt.text == prompt.question:
            # A plain prompt: what the policy read and what it wrote are one text.
            return show(prompt.text) + show(text)
        messages: list[Message] = [*prompt.messages, {"role": "assistant", "content": text}]
        shown = [{"role": turn["role"], "content": show(turn["content"])} for turn in messages]
        if self.reads_plain_text:
            return transcript(shown)
        return self.render(shown)

    def render(self, messages: Sequence[Message]) -> str:
        """Raises `TemplateRefusal`, whatever it is that the template, a program of the model's, does not take."""
        try:
            rendered: str = self.tokenizer.apply_chat_template(list(messages), tokenize=False)
        except (
            TemplateError,
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as no:
            raise TemplateRefusal(f"{type(no).__name__}: {no}") from no
        return rendered


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else "not finite"


def _context(config: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> int:
    text = config.get("text_config") or config
    return int(text.get("max_position_embeddings") or text.get("n_positions") or tokenizer.model_max_length)
