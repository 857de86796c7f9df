"""By hand, for 4 hidden numbers, 2 layers, 4 query, 2 key and 6 MLP numbers, and 3 rows of 2 + 4 tokens."""

import pytest

from raylign.plan.dimensions import Dimensions
from raylign.plan.memory import activations
from raylign.plan.memory.activations import CHUNKS, Batch

SIZES = Dimensions(hidden=4, layers=2, queries=4, keys=2, intermediate=6, vocabulary=10)
BATCH = Batch(rows=3, prompt=2, response=4)
"""18 tokens, 12 of them responses."""


@pytest.mark.parametrize(
    ("width", "frozen", "checkpointing", "numbers"),
    [
        (4, False, False, 2 * (6 * 4 + 2 * 4 + 2 * 2 + 4 * 6) + 12),
        (2, False, False, 2 * (8 * 4 + 2 * 4 + 2 * 2 + 4 * 6) + 12),  # norms keep a float32 copy
        (4, True, False, 2 * (4 * 4 + 2 * 4 + 2 * 2 + 4 * 6) + 12),  # norms have nothing to learn
        (4, False, True, 2 * 4 + (6 * 4 + 2 * 4 + 2 * 2 + 4 * 6) + 12),  # inputs, and one layer at a time
    ],
)
def test_what_a_backward_pass_needs(width: int, frozen: bool, checkpointing: bool, numbers: int) -> None:
    kept = activations.kept(SIZES, BATCH, width=width, frozen=frozen, checkpointing=checkpointing)
    assert kept == 18 * width * numbers


def test_logits_are_of_responses_and_have_a_gradient() -> None:
    assert activations.logits(SIZES, BATCH, width=2, device="cpu", gradient=True) == 12 * 10 * 2 * 2 + CHUNKS["cpu"]
    assert activations.logits(SIZES, BATCH, width=2, device="cuda", gradient=False) == 12 * 10 * 2 + CHUNKS["cuda"]


def test_keys_and_values_of_every_layer_are_cached() -> None:
    assert activations.cache(SIZES, 100, width=2) == 100 * 2 * (2 + 2) * 2
