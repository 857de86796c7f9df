"""The schedule of kills: a function of its seed that leaves no victim and no phase out."""

import pytest

from benchmarks.kills import PHASES, VICTIMS, schedule


@pytest.mark.parametrize("seed", range(20))
def test_every_seven_kills_take_every_victim_and_every_phase_and_no_pair_comes_twice(seed):
    kills = schedule(seed, 21, 24)
    assert len({(kill.victim, kill.phase) for kill in kills}) == 21
    for turn in (kills[:7], kills[7:14], kills[14:]):
        assert {kill.victim for kill in turn} == set(VICTIMS)
        assert {kill.phase for kill in turn} == set(PHASES)
    assert ("driver", "checkpoint") in {(kill.victim, kill.phase) for kill in kills[:7]}
    assert kills == schedule(seed, 21, 24) != schedule(seed + 1, 21, 24)


@pytest.mark.parametrize("seed", range(20))
def test_kills_at_start_up_follow_one_that_costs_the_fleet_and_steps_rise_to_the_end(seed):
    kills = schedule(seed, 21, 24)
    before = [kills[at - 1].victim for at, kill in enumerate(kills) if kill.phase == "start-up" and at > 0]
    assert kills[0].phase == "start-up"
    assert set(before) <= {"driver", "policy"}
    steps = [kill.step for kill in kills]
    assert steps == sorted(steps)
    assert steps[-1] < 24 - 3
