"""What each judge said, in numbers worked out by hand."""

import pytest
from fakes import make_completion, make_prompt

from raylign.loop.mixture import MOST_REASONS, OTHERS, asked, figures, shares
from raylign.types import Group, Sample
from raylign.verdicts import NOT_ASKED, NOT_NEEDED, Verdict


def said(satisfied: bool | None, reason: str = "", *, seconds: float = 0.0, charged: bool = False) -> Sample:
    verdict = Verdict(judge="a", satisfied=satisfied, reason=reason, seconds=seconds, charged=charged)
    return Sample(completion=make_completion(make_prompt()), verdicts=(verdict,))


def test_words_abstentions_and_who_was_spared_are_told_apart() -> None:
    samples = [said(True), said(False), said(False), said(None, "timeout"), said(False, "timeout", charged=True)]
    samples += [said(None, NOT_NEEDED), said(None, NOT_ASKED)]
    (found,) = figures(samples).values()
    assert (found.satisfied, found.violated, found.spared) == (1, 2, 1)
    assert found.abstained == {"timeout": 2, NOT_ASKED: 1}
    assert shares(samples) == {"a": pytest.approx(1 / 3)}


def test_seconds_are_of_those_who_were_asked() -> None:
    samples = [said(True, seconds=number / 100) for number in range(1, 101)]
    (found,) = figures([*samples, said(None, NOT_NEEDED), said(None, NOT_ASKED)]).values()
    assert (found.mean_s, found.p95_s) == (pytest.approx(0.505), 0.95)
    (idle,) = figures([said(None, NOT_NEEDED)]).values()
    assert (idle.mean_s, idle.p95_s) == (None, None)


def test_a_judge_that_quotes_the_response_has_few_reasons_all_the_same() -> None:
    reasons = ["timeout"] * 3 + [f"cannot read {number}" for number in range(50)]
    (found,) = figures([said(None, reason) for reason in reasons]).values()
    assert len(found.abstained) == MOST_REASONS + 1
    assert found.abstained["timeout"] == 3
    assert sum(found.abstained.values()) == 53
    assert found.abstained[OTHERS] == 53 - 3 - (MOST_REASONS - 1)


def test_an_abstention_that_counts_as_a_violation_is_no_word() -> None:
    groups = [Group(prompt=make_prompt(), samples=(said(False, "no answer", charged=True),))]
    assert asked(groups) == {}
    assert shares(groups[0].samples) == {"a": None}
