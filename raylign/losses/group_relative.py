"""The loss of GRPO. Shapes: U responses, T response tokens, padded."""

import torch
from torch import Tensor

LIMIT = 20.0
"""Log-ratios of a token count up to here, in nats: beyond, an exponential would overflow and spoil the gradient."""


def group_relative(
    policy_UT: Tensor,
    behavior_UT: Tensor,
    reference_UT: Tensor,
    mask_UT: Tensor,
    advantage_U: Tensor,
    *,
    clip: float,
    beta: float,
) -> Tensor:
    """Eq. 3 and 4 of DeepSeekMath (arXiv 2402.03300), turned into a loss: the mean over a response's tokens of

        -min( ratio A, clamp(ratio, 1 - clip, 1 + clip) A ) + beta ( ref/pi - log(ref/pi) - 1 ),   ratio = pi / mu

    ``behavior_UT``: log-probs under ``mu``, the weights that sampled, so a stale sample needs no other correction.
    """
    advantage_U1 = advantage_U.detach()[:, None]
    ratio_UT = (policy_UT - behavior_UT).clamp(-LIMIT, LIMIT).exp()
    clipped_UT = ratio_UT.clamp(1 - clip, 1 + clip)
    surrogate_UT = torch.minimum(ratio_UT * advantage_U1, clipped_UT * advantage_U1)
    gap_UT = (reference_UT - policy_UT).clamp(-LIMIT, LIMIT)
    kl_UT = gap_UT.exp() - gap_UT - 1
    return ((beta * kl_UT - surrogate_UT) * mask_UT).sum(-1) / mask_UT.sum(-1)
