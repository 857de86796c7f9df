import pytest
from fakes import make_prompt
from pydantic import ValidationError

from raylign.judges.askers import Engine, Written
from raylign.judges.questions.rubric_judge import RubricJudge
from raylign.verdicts import Ruling

OWN = {"criteria": [{"name": "Truth", "about": "it is true"}], "verdicts": {"GOOD": 0.3, "BAD": 0.0}}


def a_judge(**settings: object) -> RubricJudge:
    return RubricJudge(**{"model": "m", "rubric": "explanation", "threshold": 3, **settings})


@pytest.mark.parametrize(
    ("score", "ruling"),
    [
        (3.0, Ruling(True)),
        (0.8 + 0.8 + 0.6 + 0.6 + 0.2, Ruling(True)),
        (2.8, Ruling(False, "score 2.8 < 3")),
        ("rubric: missing line", Ruling(None, "rubric: missing line")),
        ("too long", Ruling(False, "too long")),
    ],
)
def test_a_score_must_reach_the_threshold(score: float | str, ruling: Ruling) -> None:
    assert a_judge().read(score) == ruling


def test_sums_of_decimals_reach_what_they_are_meant_to() -> None:
    many = {**OWN, "criteria": [{"name": f"c{number}", "about": "x"} for number in range(3)]}
    judge = a_judge(rubric=many, threshold=0.9)
    written = Written(text="c0: GOOD\nc1: GOOD\nc2: GOOD", ended=True)
    assert judge.read(judge.rubric.read(written)) == Ruling(True)


def test_every_response_is_ruled() -> None:
    class Model:
        def write(self, asked: object, *, max_tokens: int) -> list[Written | str]:
            return [Written(text="Truth: GOOD", ended=True), Written(text="It is GOOD.", ended=True)]

    rows = [(make_prompt(), "a"), (make_prompt(), "..."), (make_prompt(), "b")]
    assert a_judge(rubric=OWN, threshold=0.3).rule_all(Model(), rows) == [
        Ruling(True),
        Ruling(False, "score 0 < 0.3"),
        Ruling(None, "rubric: missing line"),
    ]


@pytest.mark.parametrize("threshold", [0, 5.5, -1])
def test_a_threshold_that_parts_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError, match=r"lie in \[0, 5\], so a threshold of .* says the same of all"):
        a_judge(threshold=threshold)


def test_it_asks_the_model_it_names() -> None:
    assert a_judge().asker == Engine(model="m")
    a_judge().check(whose="judge 'rubric'")
