"""When held-out rows are measured, and which files must then have answers."""

import pytest
from pydantic import ValidationError

from raylign.spec.held_out import HeldOut
from raylign.spec.parts import Evaluation


@pytest.mark.parametrize(
    ("evaluation", "happens", "answers"),
    [
        (HeldOut(), True, 128),
        (HeldOut(rows=0), False, 0),
        (HeldOut(rows=0, prompts=4), True, 0),
        (Evaluation(), True, 0),
        (Evaluation(prompts=0), False, 0),
    ],
)
def test_an_evaluation_happens_for_rows_or_for_prompts(evaluation, happens, answers):
    assert (evaluation.happens, evaluation.answers) == (happens, answers)
    assert [evaluation.due(done, 4) for done in range(5)] == [happens, False, False, False, happens]


def test_more_rows_than_can_be_held_are_refused():
    with pytest.raises(ValidationError):
        HeldOut(rows=10**9)
