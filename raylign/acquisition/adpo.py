"""ADPO and ADPO+: Kveton et al., "Active Learning for Direct Preference Optimization" (arXiv 2503.01076).

    H_0 = gamma I
    for t = 1 .. n:
        theta = fit on the labels so far     (ADPO: anew when t is a power of two; ADPO+: once, on all logged labels)
        v_i   = beta sqrt( mu_i (1 - mu_i) ) phi_i
        take    argmax over some i of  v_i^T H^-1 v_i
        H      += v v^T

The alpha bound stands in for mu_i (1 - mu_i), as in all the paper's main runs: its value at the logit nearest to 0 that
theta's uncertainty leaves, ``max( |logit_i| - alpha beta sqrt(phi_i^T Sigma phi_i), 0 )`` with Sigma the inverse of the
regularised Hessian. beta before the width is ours, which makes a logit of it; the paper's figures are at beta = 1.
"""

from collections.abc import Generator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from raylign.acquisition.design import Design, Pool, greedy
from raylign.acquisition.logistic import Array, Candidates, curvature, fit, hessian, logits

Rounds: TypeAlias = Generator[list[int], list[float | None], None]
"""Yields whose labels it wants next, and is sent them: the chance that y_1 is preferred, None for an abstention."""


def adpo(
    candidates: Candidates,
    budget: int,
    *,
    beta: float,
    rng: np.random.Generator,
    gamma: float = 1.0,
    alpha: float = 3.0,
    searched: int = 256,
) -> Rounds:
    """Choose ``budget`` of the candidates, at most all, learning from the labels of those chosen before.

    theta changes at powers of two, so labels are asked for in rounds of 1, 2, 4, 8, ... ``gamma`` is the ridge of the
    fit as well.
    """
    design, pool = Design(candidates.features_ND.shape[1], gamma=gamma), Pool(len(candidates))
    asked: list[int] = []
    said: list[float | None] = []
    while len(asked) < budget and len(pool):
        known = [index for index, label in zip(asked, said, strict=True) if label is not None]
        labels_K = np.array([label for label in said if label is not None])
        seen = candidates.of(known)
        theta_D = fit(seen, labels_K, beta=beta, ridge=gamma)
        vectors_ND = informative(candidates, theta_D, seen, beta=beta, gamma=gamma, alpha=alpha)
        count = min(len(asked) + 1, budget - len(asked), len(pool))
        chosen = greedy(design, vectors_ND, pool, count, searched=searched, rng=rng)
        said += yield chosen
        asked += chosen


def adpo_plus(
    candidates: Candidates,
    labels_N: Array,
    budget: int,
    *,
    beta: float,
    rng: np.random.Generator,
    gamma: float = 1.0,
    alpha: float = 3.0,
    searched: int = 256,
) -> list[int]:
    """The ``budget`` candidates that tell most, of those labelled already: all labels say where the policy will be."""
    theta_D = fit(candidates, labels_N, beta=beta, ridge=gamma)
    vectors_ND = informative(candidates, theta_D, candidates, beta=beta, gamma=gamma, alpha=alpha)
    return _designed(vectors_ND, budget, gamma=gamma, searched=searched, rng=rng)


def apo(
    candidates: Candidates,
    budget: int,
    *,
    beta: float,
    rng: np.random.Generator,
    gamma: float = 1.0,
    searched: int = 256,
) -> list[int]:
    """APO, a baseline of the paper: the Hessian of a linear model, in which every pair counts by its features alone.

    ``mu (1 - mu)`` is 1/4 throughout, which is ADPO's before the first label where no bias is.
    """
    return _designed(beta / 2 * candidates.features_ND, budget, gamma=gamma, searched=searched, rng=rng)


def uniform(candidates: Candidates, budget: int, *, rng: np.random.Generator) -> list[int]:
    """Any of them, each as likely."""
    chosen = rng.choice(len(candidates), min(budget, len(candidates)), replace=False)
    return [int(index) for index in chosen]


def largest(score_N: Array, budget: int) -> list[int]:
    """Those of the largest score, the first of equals first: PMC (Muldrew et al. 2024, arXiv 2402.08114) where that is
    the gap of rewards, predictive entropy where it is ``-log pi`` of the responses."""
    order: NDArray[np.intp] = np.argsort(-score_N, kind="stable")
    return [int(index) for index in order[:budget]]


def _designed(vectors_ND: Array, budget: int, *, gamma: float, searched: int, rng: np.random.Generator) -> list[int]:
    design, pool = Design(vectors_ND.shape[1], gamma=gamma), Pool(len(vectors_ND))
    return greedy(design, vectors_ND, pool, min(budget, len(pool)), searched=searched, rng=rng)


def informative(
    candidates: Candidates, theta_D: Array, seen: Candidates, *, beta: float, gamma: float, alpha: float
) -> Array:
    """``v_i`` of all candidates, [N, D]; ``seen``: the pairs that theta was fitted to."""
    inverse_DD = np.linalg.inv(hessian(seen, theta_D, beta=beta, ridge=gamma))
    features_ND = candidates.features_ND
    variance_N = np.einsum("nd,nd->n", features_ND @ inverse_DD, features_ND)
    width_N = alpha * beta * np.sqrt(np.maximum(variance_N, 0))
    nearest_N = np.maximum(np.abs(logits(candidates, theta_D, beta=beta)) - width_N, 0)
    vectors_ND: Array = beta * np.sqrt(curvature(nearest_N))[:, None] * features_ND
    return vectors_ND
