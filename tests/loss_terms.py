"""What a loss sees, written out by hand."""

from collections.abc import Sequence

import torch
from torch import Tensor

from raylign.losses import Terms
from raylign.losses.terms import Reading

Rows = Sequence[Sequence[float]]


def make_terms(
    policy: Sequence[Rows],
    *,
    reference: Sequence[Rows] | None = None,
    behavior: Sequence[Rows] | None = None,
    mask: Sequence[Rows] | None = None,
    coefficient: Sequence[float] | None = None,
    stale: Sequence[float] | None = None,
    target: Sequence[Sequence[float]] | None = None,
    credit: Sequence[Rows] | None = None,
) -> Terms:
    """Log-probs as ``[unit][sequence][token]``; whatever is left out equals the policy, is no padding, 1, fresh, or
    0."""
    policy_UNT = torch.tensor(policy, dtype=torch.float64)
    units = len(policy)
    return Terms(
        policy_UNT=policy_UNT,
        reference_UNT=torch.tensor(policy if reference is None else reference, dtype=torch.float64),
        behavior_UNT=torch.tensor(policy if behavior is None else behavior, dtype=torch.float64),
        mask_UNT=torch.ones_like(policy_UNT) if mask is None else torch.tensor(mask, dtype=torch.float64),
        coefficient_U=torch.tensor([1.0] * units if coefficient is None else coefficient, dtype=torch.float64),
        stale_U=torch.tensor([0.0] * units if stale is None else stale, dtype=torch.float64),
        target_UN=torch.tensor(
            [[0.0] * policy_UNT.shape[1]] * units if target is None else target, dtype=torch.float64
        ),
        credit_UNT=None if credit is None else torch.tensor(credit, dtype=torch.float64),
    )


class FakePolicy(torch.nn.Module):
    """What a loss with weights of its own asks a policy about: 2 layers of 3 numbers."""

    num_hidden_layers, hidden_size = 2, 3
    dtype, device = torch.float64, torch.device("cpu")

    @property
    def config(self) -> "FakePolicy":
        return self

    def get_text_config(self, *, decoder: bool) -> "FakePolicy":
        return self


def make_reading(divergence: Tensor, *, seed: int = 0) -> Reading:
    """With states and maps of `FakePolicy`, drawn by the seed."""
    generator = torch.Generator().manual_seed(seed)
    shape, drawn = divergence.shape, {"generator": generator, "dtype": divergence.dtype}
    states = torch.randn(*shape, FakePolicy.num_hidden_layers, FakePolicy.hidden_size, **drawn)
    return Reading(divergence=divergence, states=states, maps=torch.randn(*shape, 7, **drawn))
