"""How wide and deep a language model is, from its configuration: what the size of its activations follows from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.errors import SpecError

NAMES = {
    "hidden": ("hidden_size", "n_embd", "d_model"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "heads": ("num_attention_heads", "n_head", "num_heads"),
}
"""What configurations call it."""
MOST = 10**9
"""Of anything counted here; a larger number is no model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Sizes of a decoder. A token's numbers, where nothing else is said."""

    hidden: int
    """Of the residual stream."""
    layers: int
    """How many there are."""
    queries: int
    """Of all query heads."""
    keys: int
    """Of all key heads; values have as many."""
    intermediate: int
    """Between the two halves of a layer's MLP; of all experts that a token goes to."""
    vocabulary: int
    """Rows of the embedding, padding rows included."""


def read_dimensions(config: Mapping[str, Any], path: Path) -> Dimensions | None:
    """None where the configuration gives these sizes no name that we know. Raises `SpecError` for one of no size.

    ``path``: the model's directory, for messages.
    """
    found = {what: _first(config, names, path) for what, names in NAMES.items()}
    hidden, layers, heads = found["hidden"], found["layers"], found["heads"]
    if hidden is None or layers is None or heads is None:
        return None
    head = _first(config, ("head_dim",), path) or hidden // heads
    return Dimensions(
        hidden=hidden,
        layers=layers,
        queries=heads * head,
        keys=(_first(config, ("num_key_value_heads",), path) or heads) * head,
        intermediate=_intermediate(config, hidden, path),
        vocabulary=read_size(config, "vocab_size", path) or 0,
    )


def read_size(config: Mapping[str, Any], name: str, path: Path) -> int | None:
    """The setting ``name``, None where it is absent or null. Raises `SpecError` where it is no size."""
    value = config.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 < value <= MOST:
        raise SpecError(f"{str(path / 'config.json')!r} has `{name}` {str(value)[:60]!r}, which is no size")
    return value


def _first(config: Mapping[str, Any], names: tuple[str, ...], path: Path) -> int | None:
    return next((size for name in names if (size := read_size(config, name, path)) is not None), None)


def _intermediate(config: Mapping[str, Any], hidden: int, path: Path) -> int:
    dense = _first(config, ("intermediate_size", "n_inner", "ffn_dim"), path) or 4 * hidden
    experts = read_size(config, "num_experts_per_tok", path)
    if experts is None:
        return dense
    return experts * (read_size(config, "moe_intermediate_size", path) or dense)
