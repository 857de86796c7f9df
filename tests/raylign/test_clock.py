"""Seconds by phase."""

import pytest

from raylign.clock import Clock


def test_a_phase_that_fails_has_taken_its_time() -> None:
    clock = Clock()
    with pytest.raises(KeyError), clock.phase("draw"):
        raise KeyError
    assert clock.seconds["draw"] > 0
    assert clock.total >= clock.seconds["draw"]


def test_a_part_is_taken_out_of_its_phase_and_nothing_is_no_part() -> None:
    clock = Clock()
    clock.seconds["step"] = 3.0
    clock.part("norms", of="step", seconds=1.0)
    clock.part("idle", of="step", seconds=0.0)
    assert dict(clock.seconds) == {"step": 2.0, "norms": 1.0}


def test_clocks_add_up() -> None:
    clock, before = Clock(), Clock()
    clock.seconds["draw"], before.seconds["draw"], before.seconds["judge"] = 1.0, 2.0, 4.0
    clock.add(before)
    assert dict(clock.seconds) == {"draw": 3.0, "judge": 4.0}
