from typing import Any

import pytest

from raylign.errors import SpecError
from raylign.judges.agreement import judge_cases
from raylign.judges.rows import read_row
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.math import MathJudge


def test_rows_are_judged_in_order() -> None:
    rows = [
        {"prompt": "6 * 7?", "response": "The answer is 42.", "metadata": {"answer": "42"}, "gold": True},
        {"response": "The answer is 41.", "metadata": {"answer": "42"}},
        {"response": "The answer is 42.", "metadata": None},
    ]
    cases = [read_row(row, "row").case for row in rows]
    verdicts = judge_cases(MathJudge(), cases)
    assert [verdict.satisfied if verdict else "left out" for verdict in verdicts] == [True, False, None]


def test_one_row() -> None:
    (verdict,) = judge_cases(LengthJudge(maximum=2), [read_row({"response": "a b c"}, "row 1").case], processes=1)
    assert verdict is not None
    assert (verdict.judge, verdict.satisfied) == ("length", False)


def test_a_row_that_when_leaves_out() -> None:
    case = read_row({"response": "a", "metadata": {"harmful": False}}, "row 1").case
    assert judge_cases(LengthJudge(when={"harmful": True}), [case], processes=1) == [None]


@pytest.mark.parametrize("row", [{}, {"response": None}, {"response": "a", "metadata": [1]}])
def test_a_row_of_another_shape_is_named(row: dict[str, Any]) -> None:
    assert read_row({"response": "fine"}, "row 1").response == "fine"
    with pytest.raises(SpecError, match="row 2"):
        read_row(row, "row 2")
