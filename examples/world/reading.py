"""What the tiny models say of texts: rewards, next tokens, likelihoods. Read alone, outside of any job."""

from collections.abc import Sequence

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

from examples.world.tokenizer import END, render


def encode_chat(tokenizer: PreTrainedTokenizerFast, question: str, response: str) -> list[int]:
    """Token ids of a whole one-turn chat, end token included."""
    ids: list[int] = tokenizer(render(question) + response + END, add_special_tokens=False)["input_ids"]
    return ids


@torch.no_grad()
def rewards_of(
    model: LlamaForSequenceClassification, tokenizer: PreTrainedTokenizerFast, chats: Sequence[tuple[str, str]]
) -> list[float]:
    """The reward of every (question, response)."""
    ids, mask = _pad([encode_chat(tokenizer, question, response) for question, response in chats])
    rewards: list[float] = model(input_ids=ids, attention_mask=mask).logits[:, 0].tolist()
    return rewards


@torch.no_grad()
def last_logits(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> torch.Tensor:
    """Logits of the token after each text, ``[texts, vocabulary]``."""
    encoded = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    ids, mask = _pad(encoded)
    logits = model(input_ids=ids, attention_mask=mask).logits
    return logits[torch.arange(len(texts)), mask.sum(1) - 1]


@torch.no_grad()
def nats_of(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, chats: Sequence[tuple[str, str]]) -> float:
    """Mean negative log-likelihood of a token of the responses, their ends included."""
    ids, mask = _pad([encode_chat(tokenizer, question, response) for question, response in chats])
    asked = [len(tokenizer(render(question), add_special_tokens=False)["input_ids"]) for question, _ in chats]
    learned = mask.bool() & (torch.arange(ids.shape[1]) >= torch.tensor(asked)[:, None])
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
    return cross_entropy(logits[learned[:, 1:]], ids[:, 1:][learned[:, 1:]]).item()


def _pad(texts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded ids and attention mask, each ``[texts, longest]``."""
    longest = max(map(len, texts))
    ids_BT = torch.zeros(len(texts), longest, dtype=torch.long)
    mask_BT = torch.zeros_like(ids_BT)
    for row, ids in enumerate(texts):
        ids_BT[row, : len(ids)] = torch.tensor(ids)
        mask_BT[row, : len(ids)] = 1
    return ids_BT, mask_BT
