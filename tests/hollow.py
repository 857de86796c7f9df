"""Model directories of any size that take no room: a configuration, and weight files with nothing behind headers."""

import json
from math import prod
from pathlib import Path
from typing import Any

BYTES = {"F32": 4, "BF16": 2}


def save_llama(
    directory: Path,
    *,
    hidden: int,
    layers: int,
    heads: int,
    key_heads: int,
    intermediate: int,
    vocabulary: int,
    dtype: str = "F32",
    tied: bool = False,
    **config: Any,
) -> Path:
    """A Llama."""
    head = hidden // heads
    shapes = {"model.embed_tokens.weight": [vocabulary, hidden], "model.norm.weight": [hidden]}
    if not tied:
        shapes["lm_head.weight"] = [vocabulary, hidden]
    for layer in range(layers):
        parts = {
            "self_attn.q_proj": [heads * head, hidden],
            "self_attn.k_proj": [key_heads * head, hidden],
            "self_attn.v_proj": [key_heads * head, hidden],
            "self_attn.o_proj": [hidden, heads * head],
            "mlp.gate_proj": [intermediate, hidden],
            "mlp.up_proj": [intermediate, hidden],
            "mlp.down_proj": [hidden, intermediate],
            "input_layernorm": [hidden],
            "post_attention_layernorm": [hidden],
        }
        shapes |= {f"model.layers.{layer}.{name}.weight": shape for name, shape in parts.items()}
    directory.mkdir(parents=True)
    save_hollow(directory / "model.safetensors", shapes, dtype)
    sizes = {
        "architectures": ["LlamaForCausalLM"], "hidden_size": hidden, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": key_heads, "intermediate_size": intermediate,
        "vocab_size": vocabulary, "max_position_embeddings": 8192,
    }  # fmt: skip
    (directory / "config.json").write_text(json.dumps(sizes | config))
    return directory


def save_hollow(file: Path, shapes: dict[str, list[int]], dtype: str = "F32") -> None:
    """A safetensors file, sparse behind its header."""
    entries, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + prod(shape) * BYTES[dtype]
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    save_header(file, entries, end)


def save_header(file: Path, header: Any, data: int = 0) -> None:
    """Any JSON where a safetensors file has its header, and ``data`` bytes behind it."""
    text = json.dumps(header).encode()
    with file.open("wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        out.truncate(8 + len(text) + data)


TINY = {"hidden": 4, "layers": 2, "heads": 2, "key_heads": 1, "intermediate": 6, "vocabulary": 10}
"""340 numbers: 40 + 40 + 4, and 128 in each layer, 120 of them in its seven matrices."""
LLAMA_8B = {
    "hidden": 4096, "layers": 32, "heads": 32, "key_heads": 8, "intermediate": 14336, "vocabulary": 128256,
    "dtype": "BF16",
}  # fmt: skip
LLAMA_70B = {
    "hidden": 8192, "layers": 80, "heads": 64, "key_heads": 8, "intermediate": 28672, "vocabulary": 128256,
    "dtype": "BF16",
}  # fmt: skip
