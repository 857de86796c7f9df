"""Likelihood terms by paper and pencil."""

import torch
from loss_terms import make_terms

from raylign.losses.likelihood import Likelihood, WeightedLikelihood, normalized_likelihood, weighted_likelihood


def test_weighted_likelihood_numbers():
    assert weighted_likelihood(torch.tensor([-2.0]), torch.tensor([0.5])).tolist() == [1.0]


def test_normalized_likelihood_divides_by_length():
    assert normalized_likelihood(torch.tensor([-6.0]), torch.tensor([4.0])).tolist() == [1.5]


def test_likelihood_is_a_sum_over_tokens_and_measured_as_their_mean():
    terms = make_terms([[[-1.0, -1.0]], [[-4.0, 9.0]]], mask=[[[1.0, 1.0]], [[1.0, 0.0]]])
    loss = Likelihood()(terms)
    assert loss.per_unit_U.tolist() == [2.0, 4.0]
    assert [float(value) for value in loss.metrics["nll"]] == [6.0, 3.0]


def test_likelihood_is_weighted_in_the_loss_and_measured_a_token_without_the_weight():
    terms = make_terms([[[-1.0, -1.0]], [[-3.0, 0.0]]], mask=[[[1.0, 1.0]], [[1.0, 0.0]]], coefficient=[0.5, 2.0])
    loss = WeightedLikelihood()(terms)
    assert loss.per_unit_U.tolist() == [1.0, 6.0]
    assert [float(value) for value in loss.metrics["nll"]] == [1.0 + 3.0, 2.0]
