"""DPO made linear at the last layer: a logistic regression with an offset. Shapes: N pairs, D features.

    mu_i(theta) = sigmoid( beta (phi_i . theta - b_i) )

with ``phi_i`` the difference of the two responses' features and ``b_i = log ref(y_1) - log ref(y_2)``: Kveton et al.
2025 (arXiv 2503.01076), section 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEPS = 100
"""Of Newton's method, which needs about ten."""
CLOSE = 1e-10
"""Half the squared Newton decrement, nats: about how far the loss is from its least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Pairs that a label may be asked for."""

    features_ND: Array
    """``phi(x, y_1) - phi(x, y_2)``."""
    bias_N: Array
    """``log ref(y_1) - log ref(y_2)``, nats."""

    def __len__(self) -> int:
        return len(self.bias_N)

    def of(self, chosen: list[int]) -> "Candidates":
        """Some of them, in that order."""
        return Candidates(features_ND=self.features_ND[chosen], bias_N=self.bias_N[chosen])

    def scaled(self, *, beta: float, most: float) -> "Candidates":
        """Features of at most length 1, the longest of exactly that, and logits of the bias within ``most``.

        Sums over tokens reach hundreds of nats: there ``mu (1 - mu)`` is 0 for all, and any choice as good.
        """
        length = float(np.linalg.norm(self.features_ND, axis=1).max(initial=0.0))
        bias_N = np.clip(self.bias_N, -most / beta, most / beta)
        return Candidates(features_ND=self.features_ND / (length or 1.0), bias_N=bias_N)


def logits(candidates: Candidates, theta_D: Array, *, beta: float) -> Array:
    """``beta (phi_i . theta - b_i)``, [N]."""
    logits_N: Array = beta * (candidates.features_ND @ theta_D - candidates.bias_N)
    return logits_N


def curvature(logits_N: Array) -> Array:
    """``mu (1 - mu)``, at most 1/4; no overflow, however large the logit."""
    small_N = np.exp(-np.abs(logits_N))
    curvature_N: Array = small_N / (1 + small_N) ** 2
    return curvature_N


def hessian(candidates: Candidates, theta_D: Array, *, beta: float, ridge: float) -> Array:
    """``ridge I + beta^2 sum mu_i (1 - mu_i) phi_i phi_i^T``, [D, D]."""
    weight_N = curvature(logits(candidates, theta_D, beta=beta))
    features_ND = candidates.features_ND
    hessian_DD: Array = beta**2 * (features_ND.T * weight_N) @ features_ND
    return hessian_DD + ridge * np.eye(features_ND.shape[1])


def fit(candidates: Candidates, labels_N: Array, *, beta: float, ridge: float) -> Array:
    """theta that minimises ``-sum_i log-likelihood + ridge/2 |theta|^2``, [D], by damped Newton steps.

    ``labels_N``: 1 where y_1 is preferred, 0 where y_2 is; what lies between is a chance. Without labels it is 0. The
    ridge is what keeps it finite where a plane parts the labels, as (winner, loser) order does: shuffle the order.
    """
    theta_D = np.zeros(candidates.features_ND.shape[1])
    for _ in range(STEPS):
        logits_N = logits(candidates, theta_D, beta=beta)
        gradient_D = beta * candidates.features_ND.T @ (_sigmoid(logits_N) - labels_N) + ridge * theta_D
        step_D = np.linalg.solve(hessian(candidates, theta_D, beta=beta, ridge=ridge), gradient_D)
        decrement = float(gradient_D @ step_D)
        if decrement / 2 < CLOSE:
            break
        now, size = _loss(candidates, labels_N, theta_D, beta=beta, ridge=ridge), 1.0
        while _loss(candidates, labels_N, theta_D - size * step_D, beta=beta, ridge=ridge) > now - size * decrement / 4:
            size /= 2
            if size < CLOSE:  # no step lowers it: rounding is all that is left
                return theta_D
        theta_D = theta_D - size * step_D
    return theta_D


def _loss(candidates: Candidates, labels_N: Array, theta_D: Array, *, beta: float, ridge: float) -> float:
    logits_N = logits(candidates, theta_D, beta=beta)
    return float((np.logaddexp(0, logits_N) - labels_N * logits_N).sum() + ridge / 2 * theta_D @ theta_D)


def _sigmoid(logits_N: Array) -> Array:
    sigmoid_N: Array = np.exp(-np.logaddexp(0, -logits_N))
    return sigmoid_N
