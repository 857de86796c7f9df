"""Turns to write: in order, and not for ever."""

import threading

import pytest

from raylign.errors import StoreUnavailable
from raylign.service.store.turns import Turns


def test_turns_come_in_the_order_asked() -> None:
    turns, served = Turns(), []

    def serve(n: int) -> None:
        with turns.take(5):
            served.append(n)

    threads = [threading.Thread(target=serve, args=(n,)) for n in range(8)]
    with turns.take(1):
        for n, thread in enumerate(threads):
            thread.start()
            while len(turns._queue) < n + 2:  # it has asked
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join()
    assert served == list(range(8))


def test_a_turn_that_does_not_come_is_an_error_and_costs_nobody_theirs() -> None:
    turns = Turns()
    with turns.take(1):
        with pytest.raises(StoreUnavailable, match=r"0\.01 s"), turns.take(0.01):
            pass
        with pytest.raises(StoreUnavailable), turns.take(0):
            pass
    with turns.take(0.01):
        pass


def test_a_turn_is_given_back_after_an_error() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.take(1):
        raise ZeroDivisionError
    with turns.take(0):
        pass
