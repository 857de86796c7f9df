from typing import Any

import pytest

from raylign.errors import SpecError
from raylign.judges.rows import judge_row, judge_rows
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.math import MathJudge


def test_rows_are_judged_in_order() -> None:
    rows = [
        {"prompt": "6 * 7?", "response": "The answer is 42.", "metadata": {"answer": "42"}, "gold": True},
        {"response": "The answer is 41.", "metadata": {"answer": "42"}},
        {"response": "The answer is 42.", "metadata": None},
    ]
    verdicts = judge_rows(MathJudge(), rows)
    assert [verdict.satisfied if verdict else "left out" for verdict in verdicts] == [True, False, None]


def test_one_row() -> None:
    verdict = judge_row(LengthJudge(maximum=2), {"response": "a b c"})
    assert verdict is not None
    assert (verdict.judge, verdict.satisfied) == ("length", False)


def test_a_row_that_when_leaves_out() -> None:
    assert judge_row(LengthJudge(when={"harmful": True}), {"response": "a", "metadata": {"harmful": False}}) is None


@pytest.mark.parametrize("row", [{}, {"response": None}, {"response": "a", "metadata": [1]}])
def test_a_row_of_another_shape_is_named(row: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="row 2"):
        judge_rows(LengthJudge(), [{"response": "fine"}, row])
