"""AOT against all ways to pair a batch."""

from itertools import permutations

import pytest
import torch

from raylign.losses.optimal_transport import aot, aot_unpaired
from raylign.losses.pairwise import dpo

FIRST, SECOND = 3 * torch.randn(2, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("loss", [aot, aot_unpaired])
def test_sorted_values_are_the_cheapest_pairing_of_all(loss):
    cheapest = min(dpo(FIRST - SECOND[list(order)], beta=0.5).sum().item() for order in permutations(range(5)))
    assert loss(FIRST, SECOND, beta=0.5).sum().item() == pytest.approx(cheapest)


def test_labels_are_smoothed_as_dpo_s():
    found = aot(FIRST, SECOND, beta=0.5, label_smoothing=0.2)
    assert torch.equal(found, dpo(FIRST.sort().values - SECOND.sort().values, beta=0.5, label_smoothing=0.2))
