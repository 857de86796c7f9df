from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.rule import Case
from raylign.verdicts import Ruling


def test_length_counts_in_its_unit() -> None:
    case = Case(response="one two\nthree", num_tokens=5)
    for unit, length in (("characters", 13), ("words", 3), ("tokens", 5)):
        assert LengthJudge(unit=unit, minimum=length, maximum=length).rule(case) == Ruling(True)
        assert LengthJudge(unit=unit, maximum=length - 1).rule(case).satisfied is False
        assert LengthJudge(unit=unit, minimum=length + 1).rule(case).satisfied is False
    assert LengthJudge(unit="tokens").rule(Case(response="one")) == Ruling(None, "tokens not counted")
