"""The loss of GRPO. Shapes: U responses, T response tokens, padded."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from raylign.losses.loss import Loss, mean
from raylign.losses.terms import Terms

LIMIT = 20.0
"""Log-ratios of a token count up to here, in nats: beyond, an exponential would overflow and spoil the gradient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRelative:
    """`group_relative`, the coefficient being the advantage.

    Measures the share of tokens at which the clip holds (``clip_share``: there the surrogate has no gradient), and the
    penalty's estimate of KL(pi, ref) without beta (``kl``, nats a token).
    """

    measures: ClassVar[tuple[str, ...]] = ("clip_share", "kl")
    clip: float
    clip_high: float
    beta: float

    def __call__(self, terms: Terms) -> Loss:
        policy_UT, behavior_UT, reference_UT, mask_UT = (
            tensor_UNT[:, 0]
            for tensor_UNT in (terms.policy_UNT, terms.behavior_UNT, terms.reference_UNT, terms.mask_UNT)
        )
        advantage_UT = terms.advantage_UT
        clip = {"clip": self.clip, "clip_high": self.clip_high}
        loss_U = group_relative(policy_UT, behavior_UT, reference_UT, mask_UT, advantage_UT, **clip, beta=self.beta)
        policy_UT = policy_UT.detach()
        held_UT = clipped(policy_UT, behavior_UT, advantage_UT, **clip).float()
        return Loss(
            per_unit_U=loss_U,
            metrics={"clip_share": mean(held_UT, mask_UT), "kl": mean(kl_penalty(policy_UT, reference_UT), mask_UT)},
        )


def group_relative(
    policy_UT: Tensor,
    behavior_UT: Tensor,
    reference_UT: Tensor,
    mask_UT: Tensor,
    advantage_UT: Tensor,
    *,
    clip: float,
    clip_high: float,
    beta: float,
) -> Tensor:
    """Eq. 3 and 4 of DeepSeekMath (arXiv 2402.03300), turned into a loss: the mean over a response's tokens of

        -min( ratio A, clamp(ratio, 1 - clip, 1 + clip_high) A ) + beta ( ref/pi - log(ref/pi) - 1 ),   ratio = pi / mu

    There both sides are one clip; a higher upper side is DAPO's (arXiv 2503.14476). ``behavior_UT``: log-probs under
    ``mu``, the weights that sampled, so a stale sample needs no other correction. ``advantage_UT`` may be [U, 1].
    """
    advantage_UT = advantage_UT.detach()
    ratio_UT = _ratio(policy_UT, behavior_UT)
    clipped_UT = ratio_UT.clamp(1 - clip, 1 + clip_high)
    surrogate_UT = torch.minimum(ratio_UT * advantage_UT, clipped_UT * advantage_UT)
    kl_UT = kl_penalty(policy_UT, reference_UT)
    return ((beta * kl_UT - surrogate_UT) * mask_UT).sum(-1) / mask_UT.sum(-1)


def clipped(policy_UT: Tensor, behavior_UT: Tensor, advantage_UT: Tensor, *, clip: float, clip_high: float) -> Tensor:
    """True where the ratio went beyond the clip the way its advantage pulls it: `group_relative` holds it there."""
    ratio_UT = _ratio(policy_UT, behavior_UT)
    return ((advantage_UT > 0) & (ratio_UT > 1 + clip_high)) | ((advantage_UT < 0) & (ratio_UT < 1 - clip))


def kl_penalty(policy_UT: Tensor, reference_UT: Tensor) -> Tensor:
    """``ref/pi - log(ref/pi) - 1``, token by token: over tokens that pi sampled, an estimate of KL(pi, ref)."""
    gap_UT = (reference_UT - policy_UT).clamp(-LIMIT, LIMIT)
    return gap_UT.exp() - gap_UT - 1


def _ratio(policy_UT: Tensor, behavior_UT: Tensor) -> Tensor:
    return (policy_UT - behavior_UT).clamp(-LIMIT, LIMIT).exp()
