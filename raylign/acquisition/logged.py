"""The ways of choosing among pairs whose labels a file holds. Shapes: N pairs, D features."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from raylign.acquisition.acquisition import Acquisition
from raylign.acquisition.adpo import adpo, adpo_plus, apo, largest, uniform
from raylign.acquisition.logistic import Array, Candidates, fit, logits


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """Pairs with their labels."""

    candidates: Candidates
    """Scaled."""
    labels_N: Array
    """1 where the first response of the pair is preferred, else 0."""
    surprise_N: Array
    """Mean of ``-log ref`` of its two responses, nats."""


def by_adpo_plus(logged: Logged, how: Acquisition, rng: Generator) -> list[int]:
    return adpo_plus(
        logged.candidates, logged.labels_N, how.budget,
        beta=how.beta, gamma=how.gamma, alpha=how.alpha, searched=how.searched, rng=rng,
    )  # fmt: skip


def by_adpo(logged: Logged, how: Acquisition, rng: Generator) -> list[int]:
    """Labels are looked at as they are asked for."""
    rounds = adpo(
        logged.candidates, how.budget,
        beta=how.beta, gamma=how.gamma, alpha=how.alpha, searched=how.searched, rng=rng,
    )  # fmt: skip
    chosen: list[int] = []
    asked = next(rounds, None)
    while asked is not None:
        chosen += asked
        try:
            asked = rounds.send(logged.labels_N[asked].tolist())
        except StopIteration:
            asked = None
    return chosen


def by_apo(logged: Logged, how: Acquisition, rng: Generator) -> list[int]:
    return apo(logged.candidates, how.budget, beta=how.beta, gamma=how.gamma, searched=how.searched, rng=rng)


def by_gap(logged: Logged, how: Acquisition, rng: Generator) -> list[int]:
    theta_D = fit(logged.candidates, logged.labels_N, beta=how.beta, ridge=how.gamma)
    return largest(np.abs(logits(logged.candidates, theta_D, beta=how.beta)), how.budget)


def by_entropy(logged: Logged, how: Acquisition, rng: Generator) -> list[int]:
    return largest(logged.surprise_N, how.budget)


def by_chance(logged: Logged, how: Acquisition, rng: Generator) -> list[int]:
    return uniform(logged.candidates, how.budget, rng=rng)
