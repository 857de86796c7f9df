from pathlib import Path
from typing import Any

import pytest

from raylign.errors import SpecError
from raylign.plan.dimensions import Dimensions, read_dimensions

LLAMA = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 10}


@pytest.mark.parametrize(
    ("config", "queries", "keys", "intermediate"),
    [
        (LLAMA, 64, 64, 256),
        (LLAMA | {"num_key_value_heads": 2, "intermediate_size": 128}, 64, 32, 128),
        (LLAMA | {"head_dim": 8, "num_key_value_heads": 2, "intermediate_size": 128}, 32, 16, 128),
        (LLAMA | {"intermediate_size": 128, "num_experts_per_tok": 2}, 64, 64, 256),
        (LLAMA | {"intermediate_size": 128, "num_experts_per_tok": 2, "moe_intermediate_size": 32}, 64, 64, 64),
        ({"n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 10}, 64, 64, 256),
    ],
)
def test_sizes_by_whatever_name(config: dict[str, Any], queries: int, keys: int, intermediate: int) -> None:
    assert read_dimensions(config, Path("model")) == Dimensions(
        hidden=64, layers=2, queries=queries, keys=keys, intermediate=intermediate, vocabulary=10
    )


def test_sizes_under_no_name_we_know_are_none() -> None:
    assert read_dimensions({"vocab_size": 10, "width": 64}, Path("model")) is None


@pytest.mark.parametrize("value", ["64", 0, -1, 6.5, True, [64], 10**12])
def test_what_is_no_size_is_refused(value: Any) -> None:
    with pytest.raises(SpecError, match=r"config\.json' has `hidden_size` .* which is no size"):
        read_dimensions(LLAMA | {"hidden_size": value}, Path("model"))
