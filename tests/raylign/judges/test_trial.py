from raylign.judges.rows import read_row
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.math import MathJudge
from raylign.judges.trial import ask_rules


def test_rows_are_judged_in_order() -> None:
    rows = [
        {"prompt": "6 * 7?", "response": "The answer is 42.", "metadata": {"answer": "42"}, "gold": True},
        {"response": "The answer is 41.", "metadata": {"answer": "42"}},
        {"response": "The answer is 42.", "metadata": None},
    ]
    verdicts = ask_rules(MathJudge(), [read_row(row, "row") for row in rows])
    assert [verdict.satisfied for verdict in verdicts] == [True, False, None]


def test_one_row() -> None:
    (verdict,) = ask_rules(LengthJudge(maximum=2), [read_row({"response": "a b c"}, "row 1")])
    assert (verdict.judge, verdict.satisfied) == ("length", False)
