"""Losses: pure functions of tensors, one equation each, and `task_loss`, which says which method descends which."""

from torch import Tensor

from raylign.losses.group_relative import group_relative
from raylign.losses.likelihood import normalized_likelihood, weighted_likelihood
from raylign.losses.pairwise import dpo, ipo, slic
from raylign.losses.policy_gradient import importance_ratio, policy_gradient
from raylign.losses.terms import Terms
from raylign.methods import CODPO, CRPG, CRRAFT, GRPO, OAIF, AnyMethod

__all__ = [
    "Terms",
    "dpo",
    "group_relative",
    "importance_ratio",
    "ipo",
    "normalized_likelihood",
    "policy_gradient",
    "slic",
    "task_loss",
    "weighted_likelihood",
]

PAIRWISE = {"dpo": dpo, "ipo": ipo, "slic": slic}


def task_loss(method: AnyMethod, terms: Terms, *, max_correction: float) -> Tensor:
    """The method's loss per unit, shape [U]; the trainer sums it times each example's weight.

    ``max_correction`` caps the ratio that corrects stale samples where the gradient is an expectation over the present
    policy (CRPG, CRRAFT). Pairwise losses hold for pairs from any policy and need no correction.
    """
    match method:
        case CRPG():
            logp_U = terms.policy_UN[:, 0]
            return _ratio(terms, logp_U, max_correction) * policy_gradient(logp_U, terms.coefficient_U)
        case CRRAFT():
            logp_U = terms.policy_UN[:, 0]
            return _ratio(terms, logp_U, max_correction) * weighted_likelihood(logp_U, terms.coefficient_U)
        case CODPO(beta=beta, likelihood_weight=likelihood_weight):
            winner_U = normalized_likelihood(terms.policy_UN[:, 0], terms.length_UN[:, 0])
            return dpo(terms.margin_U, beta=beta) + likelihood_weight * winner_U
        case OAIF(loss=loss, beta=beta):
            return PAIRWISE[loss](terms.margin_U, beta=beta)
        case GRPO(clip=clip, beta=beta):
            return group_relative(
                terms.policy_UNT[:, 0],
                terms.behavior_UNT[:, 0],
                terms.reference_UNT[:, 0],
                terms.mask_UNT[:, 0],
                terms.coefficient_U,
                clip=clip,
                beta=beta,
            )


def _ratio(terms: Terms, logp_U: Tensor, maximum: float) -> Tensor:
    behavior_U = (terms.behavior_UNT * terms.mask_UNT).sum(-1)[:, 0]
    return importance_ratio(logp_U, behavior_U, terms.stale_U, maximum=maximum)
