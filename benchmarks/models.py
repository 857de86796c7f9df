"""Models with random weights for benchmarks: shapes by name, a tokenizer, prompts, and responses of a fixed length."""

import json
import random
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

PAD, EOS = 0, 1
SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {"vocab_size": 96, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "heads": (2, 1)},
    "3m": {"vocab_size": 512, "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 4, "heads": (8, 8)},
    # The shape of SmolLM-135M, its tied embeddings included.
    "135m": {
        "vocab_size": 49152,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "heads": (9, 3),
        "tie_word_embeddings": True,
    },
    "500m": {
        "vocab_size": 49152,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 30,
        "heads": (16, 4),
        "tie_word_embeddings": True,
    },
}
REWARD = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "heads": (2, 2)}
"""Two small layers: a reward that costs next to nothing."""


def save_policy(shape: str, directory: Path, dtype: torch.dtype = torch.float32) -> Path:
    """A Llama of that shape that never ends a response of itself, so that every response has the length asked for."""
    torch.manual_seed(0)
    model = LlamaForCausalLM(_config(SHAPES[shape]))
    _never_end(model)
    model.to(dtype).save_pretrained(directory)
    tokenizer(shape).save_pretrained(directory)
    return directory


def save_reward(shape: str, directory: Path) -> Path:
    """A reward model over the vocabulary of that shape."""
    torch.manual_seed(1)
    config = _config({**REWARD, "vocab_size": SHAPES[shape]["vocab_size"]}, num_labels=1)
    LlamaForSequenceClassification(config).save_pretrained(directory)
    tokenizer(shape).save_pretrained(directory)
    return directory


def save_prompts(shape: str, file: Path, *, count: int, tokens: int) -> Path:
    """Plain prompts of exactly so many tokens, each with a baseline response as long.

    A token has four characters, as the plan takes it before a tokenizer is loaded.
    """
    rng = random.Random(0)

    def text() -> str:
        return "".join(f"<{rng.randrange(10, min(100, SHAPES[shape]['vocab_size']))}>" for _ in range(tokens))

    file.write_text("".join(json.dumps({"prompt": text(), "baseline": text()}) + "\n" for _ in range(count)))
    return file


def tokenizer(shape: str) -> PreTrainedTokenizerFast:
    """Token n is written ``<n>``: text made of tokens reads as the same tokens, wherever it is cut."""
    names = ["<pad>", "<eos>", *(f"<{number}>" for number in range(2, SHAPES[shape]["vocab_size"]))]
    made = Tokenizer(models.WordLevel({name: number for number, name in enumerate(names)}, unk_token="<2>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("<[^>]*>"), behavior="isolated")
    made.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="<eos>", model_max_length=512)


def _config(shape: dict[str, Any], **settings: Any) -> LlamaConfig:
    sizes = {name: value for name, value in shape.items() if name != "heads"}
    heads, key_value_heads = shape["heads"]
    return LlamaConfig(
        num_attention_heads=heads,
        num_key_value_heads=key_value_heads,
        max_position_embeddings=512,
        bos_token_id=None,
        pad_token_id=PAD,
        eos_token_id=EOS,
        **{"tie_word_embeddings": False, **sizes, **settings},
    )


@torch.no_grad()
def _never_end(model: LlamaForCausalLM) -> None:
    """Feature 0 of the residual stream is 4 after every token and no layer writes to it; the end's logit subtracts it.

    Pad and end, which stand for nothing here, are then tens of nats less likely than any other token.
    """
    embeddings, head = model.model.embed_tokens.weight, model.lm_head.weight
    for weight in (head, embeddings):  # one tensor where they are tied
        weight[:, 0] = 4.0
        weight[[PAD, EOS], 0] = -4.0
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight[0] = 0.0
        layer.mlp.down_proj.weight[0] = 0.0
