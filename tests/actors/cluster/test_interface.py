"""Gloo is told the interface by which other nodes reach this one."""

import pytest

from actors.cluster.interface import interface_towards
from raylign.errors import RunError


def test_it_is_that_of_the_way_there() -> None:
    assert interface_towards("127.0.0.1") == "lo"


def test_where_there_is_no_way_the_address_is_named() -> None:
    with pytest.raises(RunError, match=r"this node has no way to the trainer's rank 0 at 256\.0\.0\.1"):
        interface_towards("256.0.0.1")
