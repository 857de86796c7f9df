"""What holds for every rule judge, whatever it reads."""

from typing import Any

import pytest
from fakes import make_completion, make_prompt
from hypothesis import given
from hypothesis import strategies as st
from judge_laws import RULES, keeps_the_law_of_judges, keeps_the_law_of_rules

from raylign.judges.rules.instructions.judge import InstructionsJudge
from raylign.judges.rules.instructions.registry import kinds
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import Ruling

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
        "letter": VALUES,
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


@pytest.mark.parametrize("judge", RULES, ids=lambda judge: judge.type)
def test_it_is_a_judge(judge: RuleJudge) -> None:
    keeps_the_law_of_judges(judge)


@pytest.mark.parametrize("judge", RULES, ids=lambda judge: judge.type)
@given(response=RESPONSES, metadata=METADATA)
def test_a_judge_never_raises(judge: RuleJudge, response: str, metadata: dict[str, Any]) -> None:
    keeps_the_law_of_rules(judge, Case(response=response, metadata=metadata))


def test_a_case_is_the_response_its_length_and_what_the_prompt_says() -> None:
    prompt = make_prompt(answer="4")
    case = Case.of(prompt, make_completion(prompt, tokens=3, text="four"))
    assert case == Case(response="four", prompt=prompt.question, metadata={"answer": "4"}, num_tokens=3)


USABLE = {
    "answer": "42",
    "letter": "B",
    "unit_tests": ["assert False"],
    "if_requirements": [{"id": "keywords:existence", "kwargs": {"keywords": ["zebra"]}}],
}
UNITS = ["[", "<<", "*", "\n", "\n-", ".", ". ", "```", "```\n", " ", "(", "{", "$", "\\boxed{", "\x00", "\ud800", "1,"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "judge", [judge for judge in RULES if judge.type not in ("length", "regex")], ids=lambda judge: judge.type
)
def test_a_long_hostile_response_is_violated(judge: RuleJudge, unit: str) -> None:
    assert judge.rule(Case(response=unit * (100_000 // len(unit)), metadata=USABLE)).satisfied is False


@pytest.mark.parametrize("unit", UNITS)
def test_every_instruction_kind_ends_on_a_long_hostile_response(unit: str) -> None:
    arguments = {
        "keywords": ["a"], "keyword": "a", "frequency": 1, "relation": "at least", "forbidden_words": ["z"],
        "letter": "a", "let_frequency": 1, "let_relation": "at least", "key_sentences": ["x"], "num_sentences": 1,
        "num_words": 1, "num_paragraphs": 1, "nth_paragraph": 1, "first_word": "a", "num_bullets": 1,
        "num_highlights": 1, "section_spliter": "S", "num_sections": 1, "starter": "S", "end_phrase": "e",
        "num_placeholders": 1, "postscript_marker": "P.S.", "prompt_to_repeat": "x", "original_paragraph": "x",
        "low": 1, "high": 2, "capital_frequency": 1, "capital_relation": "at least", "language": "en",
    }  # fmt: skip
    response = unit * (100_000 // len(unit))
    for name in kinds():
        wanted = {"if_requirements": [{"id": name, "kwargs": arguments}]}
        assert isinstance(InstructionsJudge(strict=False).rule(Case(response=response, metadata=wanted)), Ruling)
