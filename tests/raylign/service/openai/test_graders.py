"""Graders as requests say them."""

from typing import Any

import pytest
from fakes import make_prompt
from pydantic import TypeAdapter, ValidationError

from raylign.judges.askers import Conversation, Endpoint
from raylign.judges.rules.rule import Case
from raylign.rewards.python import PythonReward
from raylign.rewards.score import ScoreReward
from raylign.service.openai.graders import Grader, reward

CHECK = {
    "type": "string_check",
    "name": "right",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
ALIKE = {**CHECK, "type": "text_similarity", "name": "alike", "evaluation_metric": "rouge_l"}
del ALIKE["operation"]
PROGRAM = {
    "type": "python",
    "name": "short",
    "source": "def grade(sample, item):\n    return 1 / len(sample['output_text'])",
}
MULTI = {
    "type": "multi",
    "name": "both",
    "graders": {"a": CHECK, "b": ALIKE, "c": PROGRAM},
    "calculate_output": "a+b+c",
}

ASKED = [{"role": "user", "content": "{% of {{ item.parts[1] }} and {{item.items}}: {{ sample.output_text }}"}]
SCORE = {"type": "score_model", "name": "good", "model": "large", "input": ASKED}


def read(document: dict[str, Any]) -> Grader:
    return TypeAdapter(Grader).validate_python(document)


@pytest.mark.parametrize(("document", "value"), [(CHECK, 1.0), (ALIKE, 1.0), (PROGRAM, 0.5), (MULTI, 2.5)])
def test_each_becomes_a_reward_that_runs_in_the_sandbox(document: dict[str, Any], value: float) -> None:
    made = PythonReward.model_validate(reward(read(document), str) | {"timeout_s": 20})
    made.check(whose="the test")
    assert made.value(Case(response="42", metadata={"answer": "42"})) == pytest.approx(value)


def test_a_row_without_what_a_template_names_has_no_reward() -> None:
    made = PythonReward.model_validate(reward(read(CHECK), str) | {"timeout_s": 20})
    assert str(made.value(Case(response="42", metadata={}))).endswith("KeyError")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (SCORE | {"input": [*ASKED, *ASKED]}, "one user's turn here"),
        (SCORE | {"input": [{"role": "assistant", "content": "a"}]}, "role"),
        (SCORE | {"range": [1, 0]}, "a range rises"),
        (SCORE | {"sampling_params": {"temperature": 1}}, "temperature"),
        (MULTI | {"graders": {"a": SCORE}, "calculate_output": "a"}, "a score_model stands alone"),
        ({"type": "label_model"}, "say the same by a `score_model`"),
        (ALIKE | {"evaluation_metric": "cosine"}, "embeddings"),
        (ALIKE | {"evaluation_metric": "meteor"}, "thesaurus"),
        (CHECK | {"input": "{{ secret.x }}"}, "a template is"),
        (CHECK | {"input": "{{ item.x | upper }}"}, "a template is"),
        (CHECK | {"operation": "regex"}, "operation"),
        (PROGRAM | {"source": "def grade("}, "no Python"),
        (PROGRAM | {"source": "x = 1"}, "defines no `grade"),
        (PROGRAM | {"image_tag": "2025-05-08"}, "image_tag"),
        (MULTI | {"calculate_output": "a + d"}, "names 'd', and graders are a, b, c"),
        (MULTI | {"calculate_output": "a.__class__"}, "no place"),
        (MULTI | {"graders": {"min": CHECK}, "calculate_output": "1"}, "a function of formulas"),
        (MULTI | {"graders": {"a": MULTI}}, "graders"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_the_reason(document: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(document)
    assert says in str(refused.value)


def test_a_score_model_is_asked_in_its_own_words_by_whom_the_name_means() -> None:
    document = SCORE | {
        "input": [{"role": "developer", "content": "Be fair."}, *ASKED],
        "range": [0, 10],
        "sampling_params": {"temperature": 0, "max_completions_tokens": 9},
    }
    made = ScoreReward.model_validate(reward(read(document), lambda word: {"endpoint": f"{word}-1"}))
    made.check(whose="the test")
    assert (made.model, made.lowest, made.highest, made.max_tokens) == (Endpoint(endpoint="large-1"), 0, 10, 9)
    asked = made.put(make_prompt(parts=["a", {"b": 1}], items="rows"), "an answer")
    assert isinstance(asked, Conversation)
    assert asked.system is not None
    assert asked.system(str) == "Be fair."
    assert asked.user(str).startswith('{% of {"b": 1} and rows: an answer\n')
