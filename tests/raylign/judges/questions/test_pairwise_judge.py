import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from fakes import make_prompt

from raylign.judges.askers import Asked, Engine, Said, Spelled
from raylign.judges.questions.comparison import Comparison
from raylign.judges.questions.pairwise_judge import PairwiseJudge
from raylign.types import Preference
from raylign.verdicts import Ruling

JUDGE = PairwiseJudge(model="m")
FIRST, SECOND = (math.log(0.9), math.log(0.1)), (math.log(0.1), math.log(0.9))


@pytest.mark.parametrize(
    ("preference", "ruling"),
    [
        (Preference(probability=0.5), Ruling(True)),
        (Preference(probability=0.5 - 1e-12), Ruling(True)),
        (Preference(probability=0.75), Ruling(True)),
        (Preference(probability=0.4), Ruling(False, "better than the baseline with 0.40 < 0.5")),
        (Preference(probability=None, reason="no answer"), Ruling(None, "no answer")),
        (Preference(probability=None, reason="too long"), Ruling(False, "too long")),
    ],
)
def test_a_response_must_be_as_good_as_the_baseline(preference: Preference, ruling: Ruling) -> None:
    assert JUDGE.read(preference) == ruling


def test_both_orders_are_asked_and_what_is_known_is_not() -> None:
    class Model:
        def next_token(self, asked: Sequence[Asked], answers: Mapping[str, Spelled]) -> list[Said]:
            places = [one.user(str).index("> gold") < one.user(str).index("> mine") for one in asked]
            assert places == [False, True]  # the response first, then the baseline
            return [FIRST, SECOND]

    golden = replace(make_prompt(), baseline="gold")
    rows = [(golden, "mine"), (golden, "gold"), (golden, " ... "), (make_prompt(), "mine")]
    assert JUDGE.rule_all(Model(), rows) == [
        Ruling(True),
        Ruling(True),
        Ruling(False, "says nothing"),
        Ruling(None, "no baseline"),
    ]
    strict = JUDGE.model_copy(update={"threshold": 0.8})
    assert strict.rule_all(Model(), rows[1:2])[0].satisfied is False  # the baseline is no better than itself


def test_one_who_goes_by_the_place_finds_both_alike() -> None:
    class Biased:
        def next_token(self, asked: Sequence[Asked], answers: Mapping[str, Spelled]) -> list[Said]:
            return [FIRST for _ in asked]

    assert JUDGE.rule_all(Biased(), [(replace(make_prompt(), baseline="gold"), "mine")]) == [Ruling(True)]


def test_it_needs_a_baseline_and_a_model() -> None:
    assert [JUDGE.lacks({}, baseline) for baseline in ("gold", "", None)] == [False, True, True]
    assert (JUDGE.reads, JUDGE.asker) == ("`baseline`", Engine(model="m"))


def test_the_question_may_be_the_job_s_own() -> None:
    own = PairwiseJudge(model="m", template="{{ first }} or {{ second }}?", chat=False)
    assert own.comparison.put(make_prompt(), "a", "b")(str) == "a or b?"
    assert JUDGE.comparison == Comparison(min_mass=0.2)
    JUDGE.check(whose="it")
