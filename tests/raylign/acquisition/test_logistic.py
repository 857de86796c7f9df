"""The linearised DPO: its least loss, its Hessian, its edges."""

import numpy as np
import pytest
from scipy.optimize import minimize

from raylign.acquisition.logistic import Candidates, curvature, fit, hessian, logits


def made(count=40, dimension=4, seed=0):
    rng = np.random.default_rng(seed)
    candidates = Candidates(features_ND=rng.normal(size=(count, dimension)), bias_N=rng.normal(size=count))
    return candidates, (rng.random(count) < 0.5).astype(float)


def loss(theta, candidates, labels, beta, ridge):
    """By the definition."""
    mu = 1 / (1 + np.exp(-beta * (candidates.features_ND @ theta - candidates.bias_N)))
    return -(labels * np.log(mu) + (1 - labels) * np.log(1 - mu)).sum() + ridge / 2 * (theta**2).sum()


@pytest.mark.parametrize(("beta", "ridge"), [(1.0, 0.1), (0.1, 1e-3), (5.0, 1.0)])
def test_a_fit_is_where_the_loss_is_least(beta, ridge):
    candidates, labels = made()
    other = minimize(loss, np.zeros(4), args=(candidates, labels, beta, ridge), tol=1e-12).x
    theta = fit(candidates, labels, beta=beta, ridge=ridge)
    assert loss(theta, candidates, labels, beta, ridge) <= loss(other, candidates, labels, beta, ridge) + 1e-9
    np.testing.assert_allclose(theta, other, atol=2e-4 / ridge**0.5)


def test_the_hessian_is_that_of_the_loss():
    candidates, labels = made()
    theta, step = np.array([0.3, -0.2, 0.1, 0.4]), 1e-3

    def at(*moves):
        shift = sum((move * step * np.eye(4)[axis] for axis, move in moves), np.zeros(4))
        return loss(theta + shift, candidates, labels, 0.7, 0.2)

    numeric = [
        [(at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1)) + at((i, -1), (j, -1))) / (4 * step**2)
         for j in range(4)] for i in range(4)
    ]  # fmt: skip
    np.testing.assert_allclose(hessian(candidates, theta, beta=0.7, ridge=0.2), numeric, rtol=1e-4, atol=1e-4)


def test_labels_that_a_plane_parts_have_a_finite_fit():
    candidates, _ = made()
    clear = Candidates(features_ND=candidates.features_ND, bias_N=np.zeros(40))
    theta = fit(clear, (clear.features_ND[:, 0] > 0).astype(float), beta=10.0, ridge=1e-3)
    assert np.isfinite(theta).all()
    assert theta[0] > 5 * np.abs(theta[1:]).max()


def test_without_labels_nothing_is_known():
    candidates, _ = made()
    assert fit(candidates.of([]), np.zeros(0), beta=1.0, ridge=0.1).tolist() == [0.0] * 4


def test_logits_and_their_curvature_by_hand_and_far_out():
    pair = Candidates(features_ND=np.array([[1.0, 2.0]]), bias_N=np.array([0.5]))
    assert logits(pair, np.array([1.0, 1.0]), beta=2.0).tolist() == [5.0]
    assert curvature(np.array([0.0, 1e6, -1e6])).tolist() == [0.25, 0.0, 0.0]
    assert curvature(np.array([1.0]))[0] == pytest.approx(np.e / (1 + np.e) ** 2)


def test_scaled_features_are_within_a_unit_and_biases_within_a_logit():
    wild = Candidates(features_ND=np.array([[3.0, 4.0], [0.0, 1.0]]), bias_N=np.array([300.0, -0.5]))
    tame = wild.scaled(beta=0.1, most=5.0)
    assert tame.features_ND.tolist() == [[0.6, 0.8], [0.0, 0.2]]
    assert tame.bias_N.tolist() == [50.0, -0.5]
    flat = Candidates(features_ND=np.zeros((2, 2)), bias_N=np.zeros(2)).scaled(beta=1.0, most=1.0)
    assert flat.features_ND.tolist() == [[0.0, 0.0]] * 2
