"""The correction of stale samples. Shapes: U responses."""

from dataclasses import dataclass

from torch import Tensor

from raylign.losses.loss import Loss, LossFunction, mean
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A loss times the importance ratio of each of its responses."""

    loss: LossFunction
    maximum: float
    """Where the ratio is cut off."""

    @property
    def measures(self) -> tuple[str, ...]:
        """The loss's own; the stale samples' mean ratio, and the share of them whose ratio was cut off."""
        return (*self.loss.measures, "ratio", "ratio_capped")

    def __call__(self, terms: Terms) -> Loss:
        behavior_U = (terms.behavior_UNT * terms.mask_UNT).sum(-1)[:, 0]
        ratio_U = importance_ratio(terms.policy_UN[:, 0], behavior_U, terms.stale_U, maximum=self.maximum)
        loss = self.loss(terms)
        return Loss(
            per_unit_U=ratio_U * loss.per_unit_U,
            metrics={
                **loss.metrics,
                "ratio": mean(ratio_U, terms.stale_U),
                "ratio_capped": mean((ratio_U >= self.maximum).float(), terms.stale_U),
            },
            weights_UNT=loss.weights_UNT,
        )


def importance_ratio(logp_U: Tensor, behavior_U: Tensor, stale_U: Tensor, *, maximum: float) -> Tensor:
    """``min(pi(a|s) / mu(a|s), maximum)`` where the sample is stale, 1 elsewhere; a constant, no gradient.

    ``mu`` are the weights that sampled the response. Truncated importance sampling, Ionides 2008, over whole
    responses: CGPO's action is the response.
    """
    ratio_U = (logp_U - behavior_U).detach().exp().clamp(max=maximum)
    return ratio_U * stale_U + (1 - stale_U)
