"""Means that add up."""

import torch

from raylign.losses import mean


def test_a_mean_keeps_total_and_count_apart():
    total, count = mean(torch.tensor([1.0, 2.0, 6.0], requires_grad=True))
    assert (float(total), float(count)) == (9.0, 3.0)
    assert not total.requires_grad


def test_what_is_not_counted_may_be_anything():
    total, count = mean(
        torch.tensor([[1.0, float("nan")], [2.0, float("inf")]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    )
    assert (float(total), float(count)) == (3.0, 2.0)
