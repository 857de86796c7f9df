"""Moves between states."""

import pytest

from raylign.errors import JobConflict
from raylign.service.store import TERMINAL, State
from raylign.service.store.states import MOVES, WAITING, check_move, order


def test_only_a_retry_leaves_a_terminal_state_and_every_live_job_can_be_ended() -> None:
    for state in State:
        if state in TERMINAL:
            assert MOVES[state] == (frozenset() if state is State.SUCCEEDED else frozenset(WAITING))
        else:
            assert {State.CANCELLED, State.FAILED} <= MOVES[state]


def test_an_illegal_move_names_the_job_and_both_states() -> None:
    with pytest.raises(JobConflict, match=r"'job_1' is succeeded.*running"):
        check_move("job_1", State.SUCCEEDED, State.RUNNING)


def test_a_driver_that_may_have_begun_to_pause_is_not_told_otherwise() -> None:
    assert order(State.PAUSING, "run") == "pause"
    assert order(State.CANCELLING, "cancel") == "cancel"
    assert order(State.RUNNING, "run") == "run"
