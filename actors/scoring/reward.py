"""Reward models: sequence-classification heads with one output."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from transformers import PreTrainedTokenizerBase

from actors.scoring.classifier import Classifier
from actors.text.rated import RatedText
from actors.tokenizers import load_tokenizer
from raylign.rewards.raters import Head
from raylign.tensors.threads import use_threads
from raylign.types import Prompt
from raylign.workers import Reading, Roles

PLAIN_TEXT = "it has no chat template and reads plain text: docs/methods.md says in which form"


class RewardWorker:
    """Holds some reward models.

    A prompt's responses are scored in forward passes of their own, so that no bit of a reward depends on what else was
    asked. Nothing is truncated: a response that does not fit the model's context has no reward.
    """

    def __init__(self, *, heads: Sequence[Head], device: str, threads: int) -> None:
        use_threads(threads)
        self._scorers = {head: _Scorer(head, device=device) for head in heads}

    def ready(self) -> dict[str, Any]:
        """Parameters by model and what is to be known of them, for people."""
        return {
            **{head.model: scorer.classifier.model.num_parameters() for head, scorer in self._scorers.items()},
            "warnings": [
                f"reward model {head.model!r}: {PLAIN_TEXT}"
                for head, scorer in self._scorers.items()
                if scorer.texts.is_plain
            ],
        }

    def reward(self, head: Head, prompt: Prompt, texts: Sequence[str]) -> list[float | str]:
        """The model's output for each response; a word where there is none.

        ``"too long"``, ``"control token"`` (it would speak as another turn), ``"template"`` (the model's chat template
        refuses the conversation), ``"not finite"``.
        """
        return self._scorers[head].reward(prompt, texts)

    def reward_all(self, head: Head, groups: Sequence[tuple[Prompt, Sequence[str]]]) -> list[list[float | str]]:
        """`reward` of every prompt's responses."""
        return [self.reward(head, prompt, texts) for prompt, texts in groups]

    def reading(self, head: Head, shapes: Sequence[Roles]) -> Reading:
        """What the model can read; and of conversations of these roles, which its chat template does not take."""
        scorer = self._scorers[head]
        refusals = {shape: said for shape in shapes if (said := scorer.texts.refusal(shape))}
        return Reading(context=scorer.limit, refusals=refusals)

    def shutdown(self) -> None:
        """Nothing to give back."""


class _Scorer:
    """One reward model and its tokenizer."""

    def __init__(self, head: Head, *, device: str) -> None:
        self.classifier = Classifier(head.model, dtype=head.dtype, device=device, gpus=head.gpus)
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(head.model)
        self._tokens = head.tokens_per_batch
        self.texts = RatedText(self.tokenizer)
        self.limit = _context(self.classifier.model.config.to_dict(), self.tokenizer)

    def reward(self, prompt: Prompt, texts: Sequence[str]) -> list[float | str]:
        rows = [self._read(prompt, text) for text in texts]
        readable = {at: row for at, row in enumerate(rows) if not isinstance(row, str)}
        ids = list(readable.values())
        values = (
            value
            for batch in batches([len(row) for row in ids], budget=self._tokens)
            for value in self.classifier([ids[at] for at in batch])
        )
        return [row if isinstance(row, str) else _finite(next(values)) for row in rows]

    def _read(self, prompt: Prompt, text: str) -> list[int] | str:
        """Token ids of the conversation as the model reads it, or why it does not."""
        ids = self.texts.read(prompt, text)
        return "too long" if not isinstance(ids, str) and len(ids) > self.limit else ids


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else "not finite"


def _context(config: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> int:
    text = config.get("text_config") or config
    return int(text.get("max_position_embeddings") or text.get("n_positions") or tokenizer.model_max_length)


def batches(lengths: Sequence[int], *, budget: int | None) -> Iterator[range]:
    """Cut rows of these lengths into batches, in their order: each within ``budget`` once padded, or of one row.

    None: all together, where there are any.
    """
    start, width = 0, 0
    for at, length in enumerate(lengths):
        width = max(width, length)
        if budget is not None and at > start and width * (at - start + 1) > budget:
            yield range(start, at)
            start, width = at, length
    if lengths:
        yield range(start, len(lengths))
