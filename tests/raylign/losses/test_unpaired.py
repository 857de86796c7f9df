"""KTO's values by paper and pencil."""

import math

import pytest
import torch

from raylign.losses.anchored import apo_zero
from raylign.losses.unpaired import kto_desirable, kto_undesirable

RATIOS = torch.tensor([1.0, -2.0], dtype=torch.float64)


def test_values_are_of_the_distance_to_z0():
    good, bad = (loss(RATIOS, beta=0.5, z0=1.0).tolist() for loss in (kto_desirable, kto_undesirable))
    assert good == pytest.approx([0.5, 1 / (1 + math.exp(-1.5))])
    assert bad == pytest.approx([0.5, 1 - 1 / (1 + math.exp(-1.5))])


def test_the_two_halves_of_a_pair_are_apo_zero_where_z0_is_0():
    whole = kto_desirable(RATIOS[:1], beta=0.5) + kto_undesirable(RATIOS[1:], beta=0.5)
    assert whole.item() == pytest.approx(apo_zero(RATIOS[:1], RATIOS[1:], beta=0.5).item())
