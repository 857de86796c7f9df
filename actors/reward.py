"""Reward models: sequence-classification heads with one output."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from actors.models import DType, load_reward, load_tokenizer
from raylign.errors import SpecError
from raylign.threads import use_threads
from raylign.types import Prompt


class RewardWorker:
    """Holds all reward models of a job.

    A prompt's responses are scored in one forward pass of their own, so that no bit of a reward depends on what else
    was asked. Nothing is truncated: a response that does not fit the model's context has no reward.
    """

    def __init__(self, *, models: Sequence[str], device: str, threads: int, dtype: DType = "float32") -> None:
        use_threads(threads)
        self._scorers = {model: _Scorer(model, dtype=dtype, device=device) for model in models}

    def ready(self) -> dict[str, int]:
        """Parameters by model, for people."""
        return {model: scorer.model.num_parameters() for model, scorer in self._scorers.items()}

    def reward(self, model: str, prompt: Prompt, texts: Sequence[str]) -> list[float | str]:
        """The model's output for each response; ``"too long"`` or ``"not finite"`` where there is none."""
        return self._scorers[model].reward(prompt, texts)

    def reward_all(self, model: str, groups: Sequence[tuple[Prompt, Sequence[str]]]) -> list[list[float | str]]:
        """`reward` of every prompt's responses."""
        return [self.reward(model, prompt, texts) for prompt, texts in groups]

    def shutdown(self) -> None:
        """Nothing to give back."""


class _Scorer:
    """One reward model and its tokenizer."""

    def __init__(self, name: str, *, dtype: DType, device: str) -> None:
        self.model: PreTrainedModel = load_reward(name, dtype=dtype, device=device)
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(name)
        if self.tokenizer.pad_token_id is None:
            if self.tokenizer.eos_token is None:
                raise SpecError(f"the tokenizer of reward model {name!r} has neither a pad nor an eos token: name one")
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self.tokenizer.padding_side = "right"
        # transformers finds the last token, where the head reads, by this id.
        self.model.config.pad_token_id = self.tokenizer.pad_token_id
        self.limit = _context(self.model.config.to_dict(), self.tokenizer)
        self.device = device

    @torch.inference_mode()
    def reward(self, prompt: Prompt, texts: Sequence[str]) -> list[float | str]:
        rows = [self._tokens(prompt, text) for text in texts]
        fitting = [index for index, row in enumerate(rows) if len(row) <= self.limit]
        rewards: list[float | str] = ["too long"] * len(rows)
        if not fitting:
            return rewards
        batch = self.tokenizer.pad({"input_ids": [rows[index] for index in fitting]}, return_tensors="pt")
        outputs = self.model(
            input_ids=batch["input_ids"].to(self.device), attention_mask=batch["attention_mask"].to(self.device)
        ).logits
        for index, value in zip(fitting, outputs[:, 0].float().tolist(), strict=True):
            rewards[index] = value if math.isfinite(value) else "not finite"
        return rewards

    def _tokens(self, prompt: Prompt, text: str) -> list[int]:
        """The conversation in the reward model's own chat template; plain prompt and response where it has none."""
        if self.tokenizer.chat_template is None:
            plain: list[int] = self.tokenizer(prompt.text + text)["input_ids"]
            return plain
        messages = [*map(dict, prompt.messages), {"role": "assistant", "content": text}]
        rendered = self.tokenizer.apply_chat_template(messages, tokenize=False)
        # The template writes the special tokens itself.
        ids: list[int] = self.tokenizer(rendered, add_special_tokens=False)["input_ids"]
        return ids


def _context(config: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> int:
    text = config.get("text_config") or config
    return int(text.get("max_position_embeddings") or text.get("n_positions") or tokenizer.model_max_length)
