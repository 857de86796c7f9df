"""The law of verdicts: every judge that applies is heard once, who was not asked abstains, and who is to blame."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raylign.verdicts import (
    NOT_ASKED,
    NOT_NEEDED,
    SATISFIED,
    THE_JUDGE,
    THE_RESPONSE,
    Verdict,
    abstained,
    failed,
    hear,
    satisfies,
    signed,
    spared,
    violated,
)

ANSWERS = st.sampled_from((True, False, None))
LABELS = st.lists(st.sampled_from("abcdef"), unique=True)
SAID = st.lists(st.builds(Verdict, judge=st.sampled_from("abcdefgh"), satisfied=ANSWERS, reason=st.text(max_size=3)))


@given(labels=LABELS, said=SAID)
def test_every_judge_that_applies_is_heard_exactly_once_in_order(labels: Sequence[str], said: Sequence[Verdict]):
    heard = hear(labels, said)
    assert [verdict.judge for verdict in heard] == list(labels)
    silent = set(labels) - {verdict.judge for verdict in said}
    assert all(verdict in said or verdict.judge in silent for verdict in heard)
    assert all(verdict == signed(abstained(NOT_ASKED), verdict.judge) for verdict in heard if verdict.judge in silent)


@given(labels=LABELS, said=SAID, order=st.randoms())
def test_the_order_of_what_was_said_does_not_matter(labels: Sequence[str], said: list[Verdict], order):
    shuffled = order.sample(said, len(said))
    assert [one.satisfied for one in hear(labels, shuffled)] == [one.satisfied for one in hear(labels, said)]


@given(labels=LABELS.filter(bool), said=SAID)
def test_whoever_loses_a_word_never_gains_by_it(labels: Sequence[str], said: Sequence[Verdict]):
    """A judge that stays silent cannot make a response satisfy that would not, were it heard."""
    if satisfies(hear(labels, said)) is not True:
        for verdict in said:
            rest = [one for one in said if one.judge != verdict.judge]
            assert satisfies(hear(labels, rest)) is not True


def test_no_word_at_all_satisfies_nothing():
    assert satisfies(hear(["math"])) is None
    assert satisfies(hear(["math", "length"], [Verdict(judge="length", satisfied=True)])) is None


def test_a_judge_that_contradicts_itself_does_not_satisfy():
    said = [Verdict(judge="a", satisfied=answer) for answer in (True, None, False, True)]
    assert hear("a", said) == (said[2],)
    assert hear("a", said[:2]) == (said[1],)


@pytest.mark.parametrize(
    ("answers", "together"),
    [((), True), ((True, True), True), ((True, None), None), ((None, False), False), ((True, False), False)],
)
def test_one_violation_decides_and_else_one_abstention(answers: Sequence[bool | None], together: bool | None):
    verdicts = [Verdict(judge=str(number), satisfied=answer) for number, answer in enumerate(answers)]
    assert satisfies(verdicts) is together


def test_whoever_answers_beyond_the_reward_models_context_does_not_escape():
    verdicts = [Verdict(judge="a", satisfied=True)]
    assert satisfies(verdicts, reward_problem="too long") is False
    assert satisfies(verdicts, reward_problem="not finite") is True


def test_what_the_response_brought_about_is_violated_and_what_the_judge_could_not_do_is_not():
    assert all(failed(reason) == violated(reason) for reason in THE_RESPONSE)
    assert all(failed(reason) == abstained(reason) for reason in [*THE_JUDGE, "template: UndefinedError"])


def test_a_ruling_is_signed():
    assert signed(SATISFIED, "math", seconds=0.5) == Verdict(judge="math", satisfied=True, seconds=0.5)
    assert signed(violated("no"), "math") == Verdict(judge="math", satisfied=False, reason="no")


@pytest.mark.parametrize(
    ("reason", "counts"), [("no answer", False), ("crashed", False), (NOT_ASKED, None), (NOT_NEEDED, None)]
)
def test_an_abstention_may_be_charged_and_what_nobody_asked_never_is(reason: str, counts: bool | None):
    said = [signed(abstained(reason), "a"), signed(abstained(reason), "b")]
    charged, kept = hear("ab", said, charging={"a"})
    assert (charged.satisfied, charged.charged, charged.word) == (counts, counts is False, None)
    assert (charged.reason, kept) == (reason, said[1])


@pytest.mark.parametrize("answer", [True, False])
def test_a_word_is_no_abstention_whatever_those_count_as(answer: bool):
    (heard,) = hear("a", [Verdict(judge="a", satisfied=answer)], charging="a")
    assert (heard.satisfied, heard.charged, heard.word) == (answer, False, answer)


def test_who_was_spared_decides_nothing():
    assert (spared("a").satisfied, spared("a").reason) == (None, NOT_NEEDED)
    assert satisfies([signed(violated("no"), "b"), spared("a")]) is False
