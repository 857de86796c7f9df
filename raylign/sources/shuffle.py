"""A shuffled order that is never written down: what stands at a place is computed, however long the order is.

A keyed Feistel network over pairs of digits, followed along its cycle until it lands in range (Black and Rogaway,
"Ciphers with Arbitrary Finite Domains", 2002).
"""

from math import isqrt

from raylign.sources.seeds import derive

ROUNDS = 12
"""Short orders need so many: with 4, some of five things' 120 orders hardly ever come."""
BITS_64 = 2**64 - 1


class Shuffle:
    """A permutation of ``range(size)``, a function of ``seed``. Time and memory of a place: O(1)."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        # As many pairs (high, low) as places, and at most 2 sqrt(size) more: few walks take a second turn.
        self._highs = isqrt(size - 1) + 1
        self._lows = -(-size // self._highs)
        self._keys = [derive(seed, number) for number in range(ROUNDS)]

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: int) -> int:
        """What stands at ``place``, 0 .. size - 1. Raises `IndexError` beyond."""
        if not 0 <= place < self._size:
            raise IndexError(f"place {place} in an order of {self._size}")
        place = self._turn(place)
        while place >= self._size:
            place = self._turn(place)
        return place

    def _turn(self, place: int) -> int:
        high, low = divmod(place, self._lows)
        for first, second in zip(self._keys[::2], self._keys[1::2], strict=True):
            high = (high + _mix(low + first)) % self._highs
            low = (low + _mix(high + second)) % self._lows
        return high * self._lows + low


def _mix(value: int) -> int:
    """64 bits of which each depends on all of ``value``'s; the multipliers are those of rrmxmx (Evensen, 2018)."""
    value = value * 0x9FB21C651E98DF25 & BITS_64
    value = (value ^ value >> 28) * 0x9FB21C651E98DF25 & BITS_64
    return value ^ value >> 28
