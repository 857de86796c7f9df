"""How the tiny models learn: next tokens (policy, judge) and Bradley-Terry comparisons (reward models)."""

import math
from collections.abc import Callable, Iterator, Sequence
from random import Random

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from transformers import LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

from examples.world.preferences import Comparison
from examples.world.tokenizer import END, render

Progress = Callable[[str], None]
"""Told after every optimizer step; the text is the present loss."""
Lesson = tuple[list[int], list[bool]]
"""Token ids, and which of them are learned; the rest is only read."""


def lesson(*pieces: tuple[list[int], list[int]]) -> Lesson:
    """One lesson of (read, learned) pieces in a row."""
    ids = [token for piece in pieces for part in piece for token in part]
    learned = [flag for read, learn in pieces for flag in [False] * len(read) + [True] * len(learn)]
    return ids, learned


def fit_language_model(
    model: LlamaForCausalLM,
    lessons: Sequence[Lesson],
    *,
    steps: int,
    batch: int,
    rate: float,
    rng: Random,
    tick: Progress,
) -> None:
    """Train ``model`` in place on the learned tokens of every lesson."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.01)
    model.train()
    for step, chosen in enumerate(_batches([len(ids) for ids, _ in lessons], steps, batch, rng)):
        ids, mask, learned = _pad([lessons[index] for index in chosen])
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
        loss = cross_entropy(logits[learned[:, 1:]], ids[:, 1:][learned[:, 1:]])
        _descend(model, optimizer, loss, rate * _schedule(step, steps))
        tick(f"{loss.item():.3f}")
    model.eval()


def fit_reward_model(
    model: LlamaForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    comparisons: Sequence[Comparison],
    *,
    steps: int,
    batch: int,
    rate: float,
    rng: Random,
    tick: Progress,
) -> None:
    """Train ``model`` in place on comparisons: cross-entropy of ``sigmoid(r1 - r2)`` with the reader's probability.

    Half of the texts are read with the end token and half without, since callers differ.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.01)
    encoded = [
        (encode_chat(tokenizer, one.question, one.first), encode_chat(tokenizer, one.question, one.second))
        for one in comparisons
    ]
    model.train()
    for step, chosen in enumerate(_batches([len(first) + len(second) for first, second in encoded], steps, batch, rng)):
        firsts, seconds = zip(*(encoded[index] for index in chosen), strict=True)
        cut = [rng.random() < 0.5 for _ in chosen] * 2
        texts = [ids[:-1] if short else ids for ids, short in zip(firsts + seconds, cut, strict=True)]
        ids, mask, _ = _pad([lesson((text, [])) for text in texts])
        rewards = model(input_ids=ids, attention_mask=mask).logits[:, 0]
        margins = torch.tensor([comparisons[index].margin for index in chosen])
        difference = rewards[: len(chosen)] - rewards[len(chosen) :]
        # Rewards are free up to a constant: keep their mean at zero.
        loss = binary_cross_entropy_with_logits(difference, margins.sigmoid()) + 0.01 * rewards.mean() ** 2
        _descend(model, optimizer, loss, rate * _schedule(step, steps))
        tick(f"{loss.item():.3f}")
    model.eval()


def encode_chat(tokenizer: PreTrainedTokenizerFast, question: str, response: str) -> list[int]:
    """Token ids of a whole one-turn chat, end token included."""
    ids: list[int] = tokenizer(render(question) + response + END, add_special_tokens=False)["input_ids"]
    return ids


@torch.no_grad()
def rewards_of(
    model: LlamaForSequenceClassification, tokenizer: PreTrainedTokenizerFast, chats: Sequence[tuple[str, str]]
) -> list[float]:
    """The reward of every (question, response)."""
    ids, mask, _ = _pad([lesson((encode_chat(tokenizer, question, response), [])) for question, response in chats])
    rewards: list[float] = model(input_ids=ids, attention_mask=mask).logits[:, 0].tolist()
    return rewards


@torch.no_grad()
def last_logits(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> torch.Tensor:
    """Logits of the token after each text, ``[texts, vocabulary]``."""
    encoded = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    ids, mask, _ = _pad([lesson((one, [])) for one in encoded])
    logits = model(input_ids=ids, attention_mask=mask).logits
    return logits[torch.arange(len(texts)), mask.sum(1) - 1]


def _batches(lengths: Sequence[int], steps: int, batch: int, rng: Random) -> Iterator[list[int]]:
    """Indices of ``steps`` batches; neighbors in a batch are of like length, the batches come in random order."""
    queue: list[list[int]] = []
    for _ in range(steps):
        if not queue:
            order = sorted(range(len(lengths)), key=lambda index: (lengths[index], rng.random()))
            queue = [order[start : start + batch] for start in range(0, len(order) - batch + 1, batch)]
            rng.shuffle(queue)
        yield queue.pop()


def _pad(lessons: Sequence[Lesson]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Right-padded ids, attention mask, and which tokens are learned; each ``[lessons, longest]``."""
    longest = max(len(ids) for ids, _ in lessons)
    ids_BT = torch.zeros(len(lessons), longest, dtype=torch.long)
    mask_BT, learned_BT = torch.zeros_like(ids_BT), torch.zeros_like(ids_BT, dtype=torch.bool)
    for row, (ids, learned) in enumerate(lessons):
        ids_BT[row, : len(ids)] = torch.tensor(ids)
        mask_BT[row, : len(ids)] = 1
        learned_BT[row, : len(ids)] = torch.tensor(learned)
    return ids_BT, mask_BT, learned_BT


def _schedule(step: int, steps: int) -> float:
    """Linear rise over the first twentieth, then half a cosine to 0.02."""
    rise = max(steps // 20, 1)
    if step < rise:
        return (step + 1) / rise
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(steps - rise, 1)))


def _descend(model: torch.nn.Module, optimizer: torch.optim.Optimizer, loss: torch.Tensor, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
