"""One gateway at a time works on a store."""

import os
import socket
import threading

import pytest

from raylign.errors import StoreInUse
from raylign.service.store import Lease
from raylign.service.store.database import Database


def test_a_second_gateway_is_refused_and_told_of_the_first(database: Database) -> None:
    Lease(database, "one").acquire()
    with pytest.raises(StoreInUse) as refused:
        Lease(database, "two").acquire()
    for said in (f"pid {os.getpid()}", repr(socket.gethostname()), "since 20", "--database-url", "ends in 60 s"):
        assert said in str(refused.value)


def test_a_lease_given_back_is_free(database: Database) -> None:
    first, second = Lease(database, "one"), Lease(database, "two")
    first.acquire()
    second.release()  # not its own to give
    with pytest.raises(StoreInUse):
        second.acquire()
    first.release()
    second.acquire()


def test_a_lease_that_was_not_renewed_can_be_taken_over_and_its_holder_learns_of_it(database: Database) -> None:
    first, second = Lease(database, "one", lease_s=-1), Lease(database, "two")
    first.acquire()
    first.renew()  # late, but nobody came
    second.acquire()
    with pytest.raises(StoreInUse, match="another gateway"):
        first.renew()
    first.release()
    second.renew()


def test_a_gateway_that_was_killed_gets_its_lease_back_at_once(database: Database) -> None:
    killed, again = Lease(database, "home"), Lease(database, "home")
    killed.acquire()
    again.acquire()
    with pytest.raises(StoreInUse):
        killed.renew()  # were it not dead after all: two homes that are copies of each other
    again.renew()


def test_of_many_that_come_at_once_one_gets_it(database: Database) -> None:
    got: list[str] = []

    def come(holder: str) -> None:
        try:
            Lease(database, holder).acquire()
        except StoreInUse:
            return
        got.append(holder)

    threads = [threading.Thread(target=come, args=(f"home-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
