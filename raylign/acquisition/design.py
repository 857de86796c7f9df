"""D-optimal design: of many vectors, those that together tell most. Shapes: N vectors, D dimensions."""

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float64]

REFRESH = 1000
"""Vectors taken until the inverse is made anew: each update rounds."""


class Design:
    """``H = gamma I + sum v v^T`` over the vectors taken, and its inverse, by Sherman-Morrison: O(D^2) a vector."""

    def __init__(self, dimension: int, *, gamma: float) -> None:
        self.information_DD: Array = gamma * np.eye(dimension)
        """``H``."""
        self.inverse_DD: Array = np.eye(dimension) / gamma
        self.log_det = dimension * math.log(gamma)
        """Of ``H``."""
        self.taken = 0

    def gains(self, vectors_ND: Array) -> Array:
        """``v^T H^-1 v`` of each, [N]: taking v raises log det H by ``log(1 + v^T H^-1 v)``."""
        gains_N: Array = np.einsum("nd,nd->n", vectors_ND @ self.inverse_DD, vectors_ND)
        return gains_N

    def take(self, vector_D: Array) -> None:
        """Add ``v v^T``:  ``H^-1 - (H^-1 v)(H^-1 v)^T / (1 + v^T H^-1 v)``."""
        along_D = self.inverse_DD @ vector_D
        gain = float(vector_D @ along_D)
        self.information_DD += np.outer(vector_D, vector_D)
        self.log_det += math.log1p(gain)
        self.taken += 1
        if self.taken % REFRESH:
            self.inverse_DD -= np.outer(along_D, along_D) / (1 + gain)
        else:
            inverse_DD = np.linalg.inv(self.information_DD)
            self.inverse_DD = (inverse_DD + inverse_DD.T) / 2


class Pool:
    """Which of N candidates are left to take, in no order; draws some of them at random."""

    def __init__(self, size: int) -> None:
        self._left = np.arange(size)
        self._size = size

    def __len__(self) -> int:
        return self._size

    def draw(self, most: int, rng: Generator) -> NDArray[np.intp]:
        """Where at most ``most`` of those left stand among them; all of them where there are no more."""
        if self._size <= most:
            return np.arange(self._size)
        return rng.choice(self._size, most, replace=False)

    def at(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """The candidates at these places."""
        candidates: NDArray[np.intp] = self._left[places]
        return candidates

    def remove(self, place: int) -> int:
        """The candidate at a place, which is left no more."""
        candidate = int(self._left[place])
        self._size -= 1
        self._left[place] = self._left[self._size]
        return candidate


def greedy(design: Design, vectors_ND: Array, pool: Pool, count: int, *, searched: int, rng: Generator) -> list[int]:
    """Take ``count`` of the candidates left, one after another, each the one with the largest gain of some drawn.

    ``searched``: how many are looked at for each. log det is submodular: looking at all of them, greedily, comes to
    at least 1 - 1/e of the best gain there is (Nemhauser et al. 1978).
    """
    taken = []
    for _ in range(count):
        places = pool.draw(searched, rng)
        candidates = pool.at(places)
        best = int(np.argmax(design.gains(vectors_ND[candidates])))
        taken.append(pool.remove(int(places[best])))
        design.take(vectors_ND[taken[-1]])
    return taken
