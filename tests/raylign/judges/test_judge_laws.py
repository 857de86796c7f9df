"""What holds for every rule judge, whatever it reads."""

import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raylign.judges.instructions import kinds
from raylign.judges.mixture import applies
from raylign.judges.rules import rule
from raylign.judges.ruling import Case, Ruling
from raylign.spec.judges import CodeJudge, InstructionsJudge, LengthJudge, MathJudge, RegexJudge, RuleJudge

SPECS: list[RuleJudge] = [
    MathJudge(),
    MathJudge(format="(.*)"),
    InstructionsJudge(),
    InstructionsJudge(strict=False),
    CodeJudge(timeout_s=1),
    LengthJudge(maximum=3),
    LengthJudge(unit="tokens"),
    RegexJudge(pattern=r"\w+"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
REQUIREMENT = st.fixed_dictionaries(
    {"id": st.sampled_from([*kinds(), "unknown"])},
    optional={
        "kwargs": st.dictionaries(
            st.sampled_from(["keywords", "relation", "num_words", "keyword", "letter", "first_word"]), VALUES
        )
    },
)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "answer": VALUES,
        "unit_tests": VALUES,
        "entry_point": VALUES,
        "if_requirements": VALUES | st.lists(REQUIREMENT, max_size=3),
        "instruction_id_list": VALUES,
        "kwargs": VALUES,
    },
)
FRAGMENTS = [
    "The answer is ",
    "```python\n",
    "```",
    "\n",
    "\\boxed{",
    "}",
    "$",
    "***",
    "<<",
    "[",
    "\x00",
    "\ud800",
    "٣",
    "²",
]
RESPONSES = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=6), max_size=12).map("".join)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.type)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(response=RESPONSES, metadata=METADATA)
def test_a_judge_never_raises(spec: RuleJudge, response: str, metadata: dict[str, Any]) -> None:
    ruling = rule(spec, Case(response=response, metadata=metadata))
    assert ruling.satisfied in (True, False, None)
    assert bool(ruling.reason) == (ruling.satisfied is not True)
    assert len(ruling.reason) < 1000
    assert pickle.loads(pickle.dumps(ruling)) == ruling


USABLE = {
    "answer": "42",
    "unit_tests": ["assert False"],
    "if_requirements": [{"id": "keywords:existence", "kwargs": {"keywords": ["zebra"]}}],
}
UNITS = ["[", "<<", "*", "\n", "\n-", ".", ". ", "```", "```\n", " ", "(", "{", "$", "\\boxed{", "\x00", "\ud800", "1,"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("spec", SPECS[:5], ids=lambda spec: spec.type)
def test_a_long_hostile_response_is_violated(spec: RuleJudge, unit: str) -> None:
    assert rule(spec, Case(response=unit * (100_000 // len(unit)), metadata=USABLE)).satisfied is False


@pytest.mark.parametrize("unit", UNITS)
def test_every_instruction_kind_ends_on_a_long_hostile_response(unit: str) -> None:
    arguments = {
        "keywords": ["a"], "keyword": "a", "frequency": 1, "relation": "at least", "forbidden_words": ["z"],
        "letter": "a", "let_frequency": 1, "let_relation": "at least", "key_sentences": ["x"], "num_sentences": 1,
        "num_words": 1, "num_paragraphs": 1, "nth_paragraph": 1, "first_word": "a", "num_bullets": 1,
        "num_highlights": 1, "section_spliter": "S", "num_sections": 1, "starter": "S", "end_phrase": "e",
        "num_placeholders": 1, "postscript_marker": "P.S.", "prompt_to_repeat": "x", "original_paragraph": "x",
        "low": 1, "high": 2, "capital_frequency": 1, "capital_relation": "at least",
    }  # fmt: skip
    response = unit * (100_000 // len(unit))
    for name in kinds():
        wanted = {"if_requirements": [{"id": name, "kwargs": arguments}]}
        assert isinstance(rule(InstructionsJudge(strict=False), Case(response=response, metadata=wanted)), Ruling)


def test_length_counts_in_its_unit() -> None:
    case = Case(response="one two\nthree", num_tokens=5)
    for unit, length in (("characters", 13), ("words", 3), ("tokens", 5)):
        assert rule(LengthJudge(unit=unit, minimum=length, maximum=length), case) == Ruling(True)
        assert rule(LengthJudge(unit=unit, maximum=length - 1), case).satisfied is False
        assert rule(LengthJudge(unit=unit, minimum=length + 1), case).satisfied is False
    assert rule(LengthJudge(unit="tokens"), Case(response="one")) == Ruling(None, "tokens not counted")


def test_a_pattern_must_or_must_not_be_found() -> None:
    for must, good, bad in (("match", "I refuse.", "Sure."), ("not_match", "Sure.", "I refuse.")):
        spec = RegexJudge(pattern=r"\brefuse", must=must)
        assert rule(spec, Case(response=good)) == Ruling(True)
        assert rule(spec, Case(response=bad)).satisfied is False


def test_when_compares_every_value() -> None:
    spec = LengthJudge(when={"harmful": False, "kind": "a"})
    assert applies(spec, {"harmful": False, "kind": "a", "more": 1})
    assert not applies(spec, {"harmful": False})
    assert not applies(spec, {"harmful": True, "kind": "a"})
    assert applies(LengthJudge(), {})
