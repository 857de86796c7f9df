"""D-optimal design: against the inverse, the determinant and every other choice."""

import math
from itertools import combinations

import numpy as np
import pytest

from raylign.acquisition import design
from raylign.acquisition.design import Design, Pool, greedy


def vectors(count, dimension, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dimension))


@pytest.mark.parametrize("refresh", [7, 1000])
def test_sherman_morrison_is_the_inverse(monkeypatch, refresh):
    monkeypatch.setattr(design, "REFRESH", refresh)
    made = Design(5, gamma=0.3)
    for vector in vectors(40, 5):
        made.take(vector)
    direct = 0.3 * np.eye(5) + vectors(40, 5).T @ vectors(40, 5)
    np.testing.assert_allclose(made.information_DD, direct, atol=1e-12)
    np.testing.assert_allclose(made.inverse_DD, np.linalg.inv(direct), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(made.inverse_DD, made.inverse_DD.T, atol=1e-15)
    assert made.log_det == pytest.approx(np.linalg.slogdet(direct)[1])


def test_a_gain_is_what_taking_the_vector_adds_to_the_determinant():
    made, tried = Design(3, gamma=1.0), vectors(6, 3)
    made.take(vectors(1, 3, seed=1)[0])
    for vector, gain in zip(tried, made.gains(tried), strict=True):
        grown = np.linalg.slogdet(made.information_DD + np.outer(vector, vector))[1]
        assert grown - made.log_det == pytest.approx(math.log1p(gain))


def log_det(chosen, gamma=0.5):
    return np.linalg.slogdet(gamma * np.eye(chosen.shape[1]) + chosen.T @ chosen)[1]


@pytest.mark.parametrize("seed", range(5))
def test_greedy_is_brute_force_greedy_and_near_the_best_choice_of_all(seed):
    all_of_them, count = vectors(10, 3, seed), 4
    made = Design(3, gamma=0.5)
    taken = greedy(made, all_of_them, Pool(10), count, searched=10, rng=np.random.default_rng(0))
    by_force: list[int] = []
    for _ in range(count):
        left = [index for index in range(10) if index not in by_force]
        by_force.append(max(left, key=lambda index: log_det(all_of_them[[*by_force, index]])))
    assert taken == by_force
    best = max(log_det(all_of_them[list(chosen)]) for chosen in combinations(range(10), count))
    nothing = log_det(all_of_them[[]])
    assert made.log_det - nothing >= (1 - 1 / math.e) * (best - nothing)


def test_a_search_of_some_is_seeded_and_takes_nobody_twice():
    def taken(seed):
        return greedy(Design(3, gamma=1.0), vectors(20, 3), Pool(20), 20, searched=2, rng=np.random.default_rng(seed))

    assert taken(1) == taken(1) != taken(2)
    assert sorted(taken(1)) == list(range(20))


def test_a_pool_shrinks_by_what_is_removed():
    pool, rng = Pool(4), np.random.default_rng(0)
    assert pool.remove(1) == 1
    assert (len(pool), sorted(pool.at(pool.draw(9, rng)))) == (3, [0, 2, 3])
    assert len(set(pool.draw(2, rng))) == 2
