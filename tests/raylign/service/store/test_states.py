"""Moves between states."""

import pytest

from raylign.errors import JobConflict
from raylign.service.store import TERMINAL, State
from raylign.service.store.states import MOVES, check_move


def test_no_move_leaves_a_terminal_state_and_every_live_job_can_be_ended() -> None:
    for state in State:
        assert (MOVES[state] == frozenset()) is (state in TERMINAL)
        if state not in TERMINAL:
            assert {State.CANCELLED, State.FAILED} <= MOVES[state]


def test_an_illegal_move_names_the_job_and_both_states() -> None:
    with pytest.raises(JobConflict, match=r"'job_1' is succeeded.*running"):
        check_move("job_1", State.SUCCEEDED, State.RUNNING)
