"""What holds for every judge that asks a model, whatever that says."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from judge_laws import ASKING, ROWS, Model, keeps_the_law_of_asking, keeps_the_law_of_judges

from raylign.judges.askers import Said
from raylign.judges.questions.asking import AskingJudge


@pytest.mark.parametrize("judge", ASKING, ids=lambda judge: judge.type)
def test_it_is_a_judge(judge: AskingJudge) -> None:
    keeps_the_law_of_judges(judge)
    judge.check(whose="it")


@pytest.mark.parametrize("judge", ASKING, ids=lambda judge: judge.type)
@given(rows=ROWS)
def test_every_response_gets_a_verdict(judge: AskingJudge, rows: Sequence[tuple[str, Said]]) -> None:
    keeps_the_law_of_asking(judge, rows)


@pytest.mark.parametrize("judge", ASKING, ids=lambda judge: judge.type)
def test_nothing_to_ask_is_no_verdict(judge: AskingJudge) -> None:
    assert judge.ask(Model(), []) == []
