"""The law: every judge that applies is heard once; who was not asked abstains."""

from typing import Literal

import pytest
from fakes import make_completion, make_prompt

from raylign.judges.mixture import NOT_ASKED, applies, hear
from raylign.judges.processes import RuleJudges
from raylign.spec.judges import JudgeBase, LengthJudge, LLMJudge, RegexJudge
from raylign.types import Sample, Verdict


class OracleJudge(JudgeBase):
    """A kind that no worker knows."""

    type: Literal["oracle"] = "oracle"


def satisfied(judge: str) -> Verdict:
    return Verdict(judge=judge, satisfied=True)


@pytest.mark.parametrize(
    ("when", "metadata", "asked"),
    [
        ({}, {}, True),
        ({"kind": None}, {}, False),
        ({"kind": None}, {"kind": None}, True),
        ({"kind": None}, {"kind": "a"}, False),
        ({"kind": "a", "safe": False}, {"kind": "a", "safe": False, "more": 1}, True),
        ({"kind": "a", "safe": False}, {"kind": "a"}, False),
    ],
)
def test_a_judge_is_asked_where_the_metadata_hold_every_value_of_when(when, metadata, asked):
    assert applies(LengthJudge(when=when), metadata) is asked


def test_verdicts_come_in_the_order_of_the_judges_and_no_other_word_counts():
    judges = [LengthJudge(name="a"), LengthJudge(name="b"), LengthJudge(name="c", when={"x": 1})]
    said = [satisfied("b"), satisfied("c"), satisfied("stranger"), satisfied("a")]
    assert hear(judges, {}, said) == (satisfied("a"), satisfied("b"))


def test_a_judge_nobody_asked_abstains():
    model = LLMJudge(model="m", template="t", positive="Y", negative="N")
    (length, llm) = hear([LengthJudge(), model], {}, [satisfied("length")])
    assert length == satisfied("length")
    assert (llm.judge, llm.satisfied, llm.reason) == ("llm", None, NOT_ASKED)


def test_a_judge_of_an_unknown_kind_never_satisfies():
    specs = [RegexJudge(pattern="answer"), OracleJudge()]
    prompt = make_prompt()
    completion = make_completion(prompt)
    with RuleJudges({prompt.task: specs}, processes=1) as judges:
        said = judges.judge(prompt, completion)
    verdicts = hear(specs, prompt.metadata, said)
    assert [(verdict.judge, verdict.satisfied) for verdict in verdicts] == [("regex", True), ("oracle", None)]
    assert Sample(completion=completion, verdicts=said).satisfied is True  # what it would have counted as
    assert Sample(completion=completion, verdicts=verdicts).satisfied is None
