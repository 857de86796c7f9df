"""Which pairs of a step an annotator is asked about, by the labels of the steps before. Shapes: N pairs, K labels, D
features.

ADPO (arXiv 2503.01076) in a run whose pairs are its policy's own: each step has a pool of new ones, theta is fitted
anew to the labels given so far, the design begins with the pairs that these are of, and goes on in the pool.
"""

import numpy as np
from numpy.random import Generator

from raylign.acquisition.acquisition import Asking
from raylign.acquisition.adpo import informative, largest, uniform
from raylign.acquisition.design import Design, Pool, greedy
from raylign.acquisition.logistic import Array, Candidates, fit


def projection(dimension: int, wanted: int, rng: Generator) -> Array:
    """[D, wanted], which keeps inner products in expectation; the identity where D is no larger than ``wanted``."""
    if dimension <= wanted:
        return np.eye(dimension)
    return rng.normal(size=(dimension, wanted)) / np.sqrt(wanted)


def asked_about(
    pool: Candidates, surprise_N: Array, seen: Candidates, labels_K: Array, count: int, how: Asking, rng: Generator
) -> list[int]:
    """``count`` pairs of the pool. ``surprise_N``: ``-log ref`` of a pair's responses. ``seen``: the pairs that
    ``labels_K`` are of."""
    if how.type == "uniform":
        return uniform(pool, count, rng=rng)
    if how.type == "entropy":
        return largest(surprise_N, count)
    together = Candidates(
        features_ND=np.concatenate([seen.features_ND, pool.features_ND]),
        bias_N=np.concatenate([seen.bias_N, pool.bias_N]),
    ).scaled(beta=how.beta, most=how.largest_bias)
    before = together.of(list(range(len(seen))))
    if how.type == "apo":
        vectors_ND = how.beta / 2 * together.features_ND
    else:
        theta_D = fit(before, labels_K, beta=how.beta, ridge=how.gamma)
        vectors_ND = informative(together, theta_D, before, beta=how.beta, gamma=how.gamma, alpha=how.alpha)
    design = Design(vectors_ND.shape[1], gamma=how.gamma)
    for vector_D in vectors_ND[: len(seen)]:
        design.take(vector_D)
    new_ND = vectors_ND[len(seen) :]
    return greedy(design, new_ND, Pool(len(new_ND)), min(count, len(new_ND)), searched=how.searched, rng=rng)
