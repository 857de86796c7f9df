"""Log-probs and the exact KL, values and gradients, against the plain formula on whole tensors."""

import pytest
import torch
from torch import Tensor

from raylign.tensors import logprobs
from raylign.tensors.divergence import token_terms
from raylign.tensors.logprobs import Bar, token_logprobs

SHAPE = (3, 4, 11)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logprobs, "CHUNK_ELEMENTS", {"cpu": 25})


def draw(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def plain(logits: Tensor, reference: Tensor, targets: Tensor, barred: Tensor | None) -> tuple[Tensor, Tensor]:
    """By ``log_softmax`` of everything at once."""
    policy, ref = logits / 0.7, reference / 0.7
    if barred is not None:
        policy, ref = (one.masked_fill(barred, -torch.inf) for one in (policy, ref))
    policy, ref = policy.log_softmax(-1), ref.log_softmax(-1)
    each = ref.exp() * (ref - policy)
    kl = each if barred is None else each.masked_fill(barred, 0.0)
    return policy.gather(-1, targets[..., None]).squeeze(-1), kl.sum(-1)


@pytest.mark.parametrize("bars", [False, True])
def test_values_and_gradients_are_those_of_the_plain_formula(bars: bool) -> None:
    logits, reference = draw(0, *SHAPE), draw(1, *SHAPE)
    targets = torch.randint(2, 11, (3, 4), generator=torch.Generator().manual_seed(2))
    barred = torch.arange(4) < torch.tensor([0, 2, 4])[:, None] if bars else None
    bar = Bar.of(barred, [0, 1])
    where = None if barred is None else barred[..., None] & (torch.arange(11) < 2)
    expected_from, ours = (logits.clone().requires_grad_() for _ in range(2))
    expected = plain(expected_from, reference, targets, where)
    actual = token_terms(ours, reference, targets, temperature=0.7, bar=bar)
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other)
    assert torch.equal(actual[0], token_logprobs(logits, targets, temperature=0.7, bar=bar))
    weights = draw(3, 2, 3, 4)
    sum((weight * one).sum() for weight, one in zip(weights, expected, strict=True)).backward()
    sum((weight * one).sum() for weight, one in zip(weights, actual, strict=True)).backward()
    torch.testing.assert_close(ours.grad, expected_from.grad)
    assert torch.autograd.gradcheck(lambda x: token_terms(x, reference, targets, temperature=0.7, bar=bar), ours)
    assert torch.equal(ours, logits)


def test_a_policy_that_is_its_reference_is_at_no_distance_and_feels_no_pull() -> None:
    logits = draw(0, *SHAPE).float().requires_grad_()
    _, divergence = token_terms(logits, logits.detach(), torch.zeros(3, 4, dtype=torch.long), temperature=0.7)
    divergence.sum().backward()
    assert divergence.abs().max() < 1e-6
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6


def test_half_precision_is_computed_in_float32_and_gets_a_gradient_of_its_own_kind() -> None:
    logits, reference = (draw(seed, 1, 2, 500).bfloat16() for seed in (0, 1))
    logits.requires_grad_()
    targets = torch.tensor([[3, 4]])
    actual = token_terms(logits, reference, targets, temperature=0.7)
    for one, other in zip(actual, plain(logits.float(), reference.float(), targets, None), strict=True):
        torch.testing.assert_close(one, other)
    actual[1].sum().backward()
    assert logits.grad is not None
    assert logits.grad.dtype == torch.bfloat16
