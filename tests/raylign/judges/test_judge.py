"""Whom a judge applies to, and what all kinds have in common."""

from importlib.util import find_spec
from typing import get_args

import pytest

from raylign.judges.judge import Judge, applying
from raylign.judges.kinds import KINDS
from raylign.judges.questions.asking import AskingJudge, asking
from raylign.judges.questions.two_token import LLMJudge
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.rule import RuleJudge, rules

RULE_KINDS = [kind for kind in KINDS if issubclass(kind, RuleJudge)]
LLM = LLMJudge(model="m", template="t", positive="Y", negative="N")


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
def test_a_judge_applies_where_the_metadata_hold_every_value_of_when(when, metadata, asked):
    judge = LengthJudge(when=when)
    assert judge.applies(metadata) is asked
    assert applying([judge], metadata) == ((judge,) if asked else ())


def test_a_judge_is_called_by_its_name_or_its_type():
    assert (LengthJudge().label, LengthJudge(name="short").label) == ("length", "short")


def test_only_judges_that_ask_have_questions():
    assert LLM.asks() == (LLM,)
    assert LengthJudge().asks() == ()


def test_judges_are_told_apart_by_how_they_rule():
    judges = [LLM, LengthJudge()]
    assert (rules(judges), asking(judges)) == ((judges[1],), (judges[0],))


@pytest.mark.parametrize("module", [module for kind in RULE_KINDS for module in kind.preload])
def test_what_processes_have_before_they_start_is_there(module: str):
    """A server of processes passes over what it cannot import, without a word."""
    assert find_spec(module) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_rules_in_one_of_the_two_ways(kind: type[Judge]):
    base = {"process": RuleJudge, "engine": AskingJudge}[kind.runs_in]
    assert issubclass(kind, base)
    assert kind.model_fields["type"].default in get_args(kind.model_fields["type"].annotation)
