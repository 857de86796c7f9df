"""ADPO: whom it asks about and when; what its baselines choose."""

import numpy as np
import pytest

from raylign.acquisition.adpo import adpo, adpo_plus, apo, largest, uniform
from raylign.acquisition.design import Design, Pool, greedy
from raylign.acquisition.logistic import Candidates, curvature, fit, hessian, logits


def world(count=200, dimension=4, seed=0):
    rng = np.random.default_rng(seed)
    candidates = Candidates(features_ND=rng.normal(size=(count, dimension)) / 3, bias_N=rng.normal(size=count))
    chance = 1 / (1 + np.exp(-logits(candidates, np.array([3.0, -1.0, 0.5, 2.0]), beta=1.0)))
    return candidates, (rng.random(count) < chance).astype(float)


def rounds(candidates, labels, budget, **settings):
    """Of one choice, its labels given whenever they are asked for."""
    chooser = adpo(candidates, budget, beta=1.0, rng=np.random.default_rng(0), **settings)
    asked = [next(chooser)]
    while True:
        try:
            asked.append(chooser.send([labels[index] for index in asked[-1]]))
        except StopIteration:
            return asked


def flat(asked):
    return [index for one in asked for index in one]


def test_labels_are_asked_for_when_theta_changes_and_never_twice():
    candidates, labels = world()
    asked = rounds(candidates, labels, 20)
    assert [len(one) for one in asked] == [1, 2, 4, 8, 5]
    assert len(set(flat(asked))) == 20


def test_a_budget_beyond_the_pool_takes_all_of_it():
    candidates, labels = world(count=6)
    assert sorted(flat(rounds(candidates, labels, 100))) == list(range(6))
    everything = [apo(candidates, 100, beta=1.0, rng=np.random.default_rng(0))]
    everything += [adpo_plus(candidates, labels, 100, beta=1.0, rng=np.random.default_rng(0))]
    everything += [uniform(candidates, 100, rng=np.random.default_rng(0)), largest(np.arange(6.0), 100)]
    assert all(sorted(chosen) == list(range(6)) for chosen in everything)


def test_what_the_labels_say_decides_what_is_asked_next():
    candidates, labels = world()
    assert rounds(candidates, labels, 20, alpha=0.5) != rounds(candidates, 1 - labels, 20, alpha=0.5)
    assert rounds(candidates, labels, 20, alpha=0.5) == rounds(candidates, labels, 20, alpha=0.5)


def test_an_abstention_costs_a_label_and_teaches_nothing():
    candidates, labels = world()
    mute = rounds(candidates, [None] * len(labels), 7)
    assert [len(one) for one in mute] == [1, 2, 4]
    # theta stays 0 and the design grows: as without a refit.
    width = 3.0 * np.linalg.norm(candidates.features_ND, axis=1)
    weight = curvature(np.maximum(np.abs(candidates.bias_N) - width, 0))
    vectors = np.sqrt(weight)[:, None] * candidates.features_ND
    expected = greedy(Design(4, gamma=1.0), vectors, Pool(200), 7, searched=256, rng=np.random.default_rng(0))
    assert flat(mute) == expected


def test_adpo_plus_is_the_algorithm_written_out():
    candidates, labels = world(count=30)
    theta = fit(candidates, labels, beta=1.0, ridge=0.5)
    sigma = np.linalg.inv(hessian(candidates, theta, beta=1.0, ridge=0.5))
    vectors = []
    for phi, bias in zip(candidates.features_ND, candidates.bias_N, strict=True):
        z = max(abs(phi @ theta - bias) - 1.5 * np.sqrt(phi @ sigma @ phi), 0)
        mu = 1 / (1 + np.exp(-z))
        vectors.append(np.sqrt(mu * (1 - mu)) * phi)
    information, expected = 0.5 * np.eye(4), []
    for _ in range(8):
        left = [index for index in range(30) if index not in expected]
        expected.append(max(left, key=lambda index: vectors[index] @ np.linalg.inv(information) @ vectors[index]))
        information += np.outer(vectors[expected[-1]], vectors[expected[-1]])
    settings = {"beta": 1.0, "gamma": 0.5, "alpha": 1.5, "rng": np.random.default_rng(0)}
    assert adpo_plus(candidates, labels, 8, **settings) == expected


def test_without_a_width_sure_pairs_are_left_alone_and_with_one_they_may_be_asked_about():
    sure = Candidates(features_ND=np.array([[1.0, 0.0], [0.0, 0.1]]), bias_N=np.array([40.0, 0.0]))
    blind = {"beta": 1.0, "gamma": 1.0, "rng": np.random.default_rng(0)}
    assert next(adpo(sure, 1, alpha=0.0, **blind)) == [1]
    assert next(adpo(sure, 1, alpha=100.0, **blind)) == [0]


def test_apo_goes_by_features_alone():
    candidates, _ = world()
    other = Candidates(features_ND=candidates.features_ND, bias_N=candidates.bias_N * 50)
    chosen = [apo(one, 10, beta=1.0, rng=np.random.default_rng(0)) for one in (candidates, other)]
    assert chosen[0] == chosen[1]


def test_the_largest_come_first_and_the_first_of_equals():
    assert largest(np.array([1.0, 3.0, 3.0, -2.0]), 3) == [1, 2, 0]


@pytest.mark.parametrize("seed", range(3))
def test_uniform_takes_each_once(seed):
    candidates, _ = world()
    chosen = uniform(candidates, 50, rng=np.random.default_rng(seed))
    assert len(set(chosen)) == 50
