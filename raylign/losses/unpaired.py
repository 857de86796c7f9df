"""Losses of single responses that somebody found good or bad. Shapes: R responses, of either sort.

``log_ratio_R = log pi(y)/ref(y)``; ``z0 >= 0``: what log-ratios are compared with, an estimate of KL(pi, ref) over
mismatched prompts and responses, in nats, without a gradient.
"""

import torch.nn.functional as F  # noqa: N812
from torch import Tensor


def kto_desirable(log_ratio_R: Tensor, *, beta: float, z0: float = 0.0) -> Tensor:
    """``1 - sigmoid(beta (log_ratio - z0))``. Ethayarajh et al. 2024 (arXiv 2402.01306), eq. 8, times its lambda."""
    return 1 - F.sigmoid(beta * (log_ratio_R - z0))


def kto_undesirable(log_ratio_R: Tensor, *, beta: float, z0: float = 0.0) -> Tensor:
    """``1 - sigmoid(beta (z0 - log_ratio))``."""
    return 1 - F.sigmoid(beta * (z0 - log_ratio_R))
