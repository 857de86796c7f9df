"""Orders that are computed place by place."""

from collections import Counter
from itertools import permutations

import pytest

from raylign.sources.shuffle import Shuffle


def order(size, seed):
    shuffle = Shuffle(size, seed)
    return [shuffle[place] for place in range(size)]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 10, 16, 17, 99, 100, 101, 1000])
def test_everything_comes_once(size):
    for seed in range(3):
        assert sorted(order(size, seed)) == list(range(size))


def test_an_order_is_a_function_of_its_seed():
    assert order(100, 7) == order(100, 7)
    assert order(100, 7) != order(100, 8)
    assert order(12, 0) == [9, 6, 4, 11, 3, 2, 1, 10, 5, 8, 0, 7]


@pytest.mark.parametrize("size", [3, 4])
def test_all_orders_come_equally_often(size):
    expected = 100
    orders = list(permutations(range(size)))
    seen = Counter(tuple(order(size, seed)) for seed in range(expected * len(orders)))
    deviation = sum((seen[one] - expected) ** 2 / expected for one in orders) / (len(orders) - 1)
    assert deviation < 3  # chi squared by degree of freedom; 4 rounds in place of 12 give 7 for four things


def test_neighbors_are_strangers():
    size, seeds = 10, range(1800)
    firsts = Counter(tuple(Shuffle(size, seed)[place] for place in (0, 1)) for seed in seeds)
    assert len(firsts) == 90
    assert max(firsts.values()) < 45
    assert min(firsts.values()) > 5


@pytest.mark.parametrize("place", [-1, 5])
def test_a_place_beyond_the_order_is_refused(place):
    with pytest.raises(IndexError, match=f"place {place} in an order of 5"):
        Shuffle(5, 0)[place]
