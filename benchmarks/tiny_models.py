"""Tiny models with random weights, made on the spot: policies of several architectures, and reward models."""

from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CONFIG_MAPPING,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedTokenizerFast,
)

CHARACTERS = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;?!'+-*/=()[]<>_\n"
SPECIAL = ("<pad>", "<eos>", "<user>", "<assistant>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}<eos>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
VOCAB_SIZE = 96

SHAPE = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 1,
}
SERVED: dict[str, int] = {"hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32}
"""For `make_policy`, where vLLM is to serve it: its attention on CPU takes no smaller heads."""
ARCHITECTURES: dict[str, dict[str, object]] = {
    "llama": {"tie_word_embeddings": False},
    "llama-tied": {"tie_word_embeddings": True},
    "qwen2": {"tie_word_embeddings": True},
    "qwen3": {"tie_word_embeddings": False},
    "mistral": {"sliding_window": 16},
    "gemma2": {"query_pre_attn_scalar": 8, "sliding_window": 64},
    "gemma3_text": {"query_pre_attn_scalar": 8, "sliding_window": 64},
    "qwen3_moe": {
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 32,
        "decoder_sparse_step": 1,
        "norm_topk_prob": True,
    },
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128},
}
ENCODERS: dict[str, dict[str, object]] = {"distilbert": {"dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 4}}
"""For reward models alone."""


def make_tokenizer(*, chat_template: bool = True) -> PreTrainedTokenizerFast:
    """One token a character."""
    vocabulary = {token: index for index, token in enumerate((*SPECIAL, *CHARACTERS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        additional_special_tokens=["<user>", "<assistant>"],
        model_max_length=int(SHAPE["max_position_embeddings"]),  # type: ignore[call-overload]
    )
    fast.chat_template = CHAT_TEMPLATE if chat_template else None
    return fast


def make_policy(
    directory: Path,
    *,
    architecture: str = "llama",
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
    chat_template: bool = True,
    **overrides: object,
) -> Path:
    """Save a causal language model with random weights, and its tokenizer."""
    model = AutoModelForCausalLM.from_config(_config(architecture, overrides))
    _randomize(model, seed)
    return _save(model.to(dtype), directory, chat_template)


def make_reward(
    directory: Path,
    *,
    architecture: str = "llama",
    seed: int = 0,
    num_labels: int = 1,
    chat_template: bool = True,
    **overrides: object,
) -> Path:
    """Save a model with a sequence-classification head of random weights, and its tokenizer."""
    config = _config(architecture, {"num_labels": num_labels, **overrides})
    model = AutoModelForSequenceClassification.from_config(config)
    _randomize(model, seed)
    return _save(model, directory, chat_template)


def _config(architecture: str, overrides: dict[str, object]) -> PretrainedConfig:
    kind = architecture.removesuffix("-tied")
    return CONFIG_MAPPING[kind](**{**SHAPE, **(ARCHITECTURES | ENCODERS)[architecture], **overrides})


def _randomize(model: torch.nn.Module, seed: int) -> None:
    # Larger than the usual initialization: predictions must differ from token to token for a comparison to mean much.
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.15, generator=generator)
            else:  # biases and norms, which would otherwise be as if they were not there
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))


def _save(model: torch.nn.Module, directory: Path, chat_template: bool) -> Path:
    model.save_pretrained(directory)  # type: ignore[operator]
    make_tokenizer(chat_template=chat_template).save_pretrained(directory)
    return directory
