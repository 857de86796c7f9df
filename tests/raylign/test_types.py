from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt

from raylign.types import Sample, Verdict

COMPLETION = make_completion(make_prompt())


def sample(*verdicts: bool | None, problem: str = "") -> Sample:
    said = tuple(Verdict(judge=str(number), satisfied=one) for number, one in enumerate(verdicts))
    return Sample(completion=COMPLETION, verdicts=said, reward_problem=problem)


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [((), True), ((True, True), True), ((True, None), None), ((None, False), False), ((True, False), False)],
)
def test_one_violation_decides_and_else_one_abstention(
    verdicts: tuple[bool | None, ...], together: bool | None
) -> None:
    assert sample(*verdicts).satisfied is together


def test_whoever_answers_beyond_the_reward_models_context_does_not_escape() -> None:
    assert sample(True, problem="too long").satisfied is False
    assert sample(True, problem="not finite").satisfied is True


def test_where_judges_constrain_nothing_it_has_no_reward_and_no_more() -> None:
    loose = replace(sample(True, problem="too long"), must_fit=False)
    assert loose.satisfied is True
    assert replace(sample(False, problem="too long"), must_fit=False).satisfied is False


def test_only_what_the_policy_made_has_an_age() -> None:
    assert replace(COMPLETION, version=3).staleness(4) == 1
    assert replace(COMPLETION, version=None).staleness(4) is None
