from raylign.judges.rules.regex import RegexJudge
from raylign.judges.rules.rule import Case
from raylign.verdicts import Ruling


def test_a_pattern_must_or_must_not_be_found() -> None:
    for must, good, bad in (("match", "I refuse.", "Sure."), ("not_match", "Sure.", "I refuse.")):
        judge = RegexJudge(pattern=r"\brefuse", must=must)
        assert judge.rule(Case(response=good)) == Ruling(True)
        assert judge.rule(Case(response=bad)).satisfied is False
