"""OpenAI's graders: values by hand, and by brute force."""

import math
import random
from itertools import combinations

import pytest

from raylign.service.openai.grading import build, check, evaluate, fill, longest_common, names, parse, similarity

SAMPLE = {"output_text": "The answer is 4", "output_json": {"steps": ["a", "b"], "n": 4}}


@pytest.mark.parametrize(
    ("operation", "given", "reference", "value"),
    [
        ("eq", "a", "a", 1),
        ("eq", "a", "A", 0),
        ("ne", "a", "b", 1),
        ("like", "is 4.", "is 4", 1),
        ("like", "IS 4", "is 4", 0),
        ("ilike", "IS 4", "is 4", 1),
    ],
)
def test_string_checks(operation: str, given: str, reference: str, value: float) -> None:
    assert check(operation, given, reference) == value


@pytest.mark.parametrize(
    ("metric", "given", "reference", "value"),
    [
        ("fuzzy_match", "kitten", "sitting", 2 * 4 / 13),  # ittn is common
        ("fuzzy_match", "", "", 1),
        ("fuzzy_match", "abc", "", 0),
        ("rouge_1", "the cat sat", "The cat, on the mat!", 2 * 2 / 8),  # the, cat
        ("rouge_2", "the cat sat", "the cat on the mat", 2 * 1 / 6),
        ("rouge_l", "the dog sat on a mat", "the cat sat on the mat", 2 * 4 / 12),  # the sat on mat
        ("rouge_5", "a b c d", "a b c d", 0),
        ("bleu", "a b c d e", "a b c d f", (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25),
        ("bleu", "a b c d", "a b c d e f", math.exp(1 - 6 / 4)),
        ("bleu", "a b c", "a b c", 0),
        ("gleu", "a b c", "a b d", 3 / 6),  # a, b, ab of six runs of words
        ("gleu", "", "", 0),
    ],
)
def test_similarities_by_hand(metric: str, given: str, reference: str, value: float) -> None:
    assert similarity(metric, given, reference) == pytest.approx(value)


def test_the_longest_common_subsequence_by_brute_force() -> None:
    dice = random.Random(3)

    def brute(first: str, second: str) -> int:
        found = {"".join(one) for n in range(len(first) + 1) for one in combinations(first, n)}
        return max(
            len(one) for n in range(len(second) + 1) for c in combinations(second, n) if (one := "".join(c)) in found
        )

    for _ in range(60):
        first, second = ("".join(dice.choices("abc", k=dice.randrange(8))) for _ in range(2))
        assert longest_common(first, second) == brute(first, second), (first, second)


def test_templates_name_items_and_samples_and_what_is_not_there_is_an_error() -> None:
    item = {"answer": "4", "parts": [{"x": 1.5}], "none": None}
    assert fill("{{ item.answer }}/{{sample.output_json.steps[1]}}", SAMPLE, item) == "4/b"
    assert fill("{{ item.parts }} {{ item.parts[0].x }}", SAMPLE, item) == '[{"x": 1.5}] 1.5'
    for template in ("{{ item.gone }}", "{{ item.none }}", "{{ item.parts[3] }}"):
        with pytest.raises((KeyError, IndexError)):
            fill(template, SAMPLE, item)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("a + b * 2", 5),
        ("a + b ^ 2", 5),
        ("-(a - b) / 2", 0.5),
        ("min(a, b) + max(a, b) + abs(-a)", 4),
        ("floor(2.7) + ceil(0.2) + sqrt(4) + exp(0) + log(1)", 6),
    ],
)
def test_formulas(formula: str, value: float) -> None:
    assert evaluate(parse(formula), {"a": 1.0, "b": 2.0}) == value
    assert names(parse(formula)) <= {"a", "b"}


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')",
        "a.b",
        "a[0]",
        "'x'",
        "a if b else c",
        "lambda: 1",
        "a and b",
        "min(a, key=b)",
        "open(a)",
        "(",
        "",
        "a % b",
        "~a",
        "True",
    ],
)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match=r"formula|no place|functions are|operators are"):
        parse(formula)


def test_formulas_that_cannot_be_computed_end_soon() -> None:
    for formula in ("9 ^ 9 ^ 9 ^ 9", "1 / 0", "(-1) ^ 0.5", "log(0)"):
        with pytest.raises((ArithmeticError, ValueError)):
            evaluate(parse(formula), {})


def test_graders_are_built_of_graders() -> None:
    text = {
        "type": "string_check",
        "input": "{{ sample.output_text }}",
        "reference": "{{ item.a }}",
        "operation": "like",
    }
    alike = {**text, "type": "text_similarity", "evaluation_metric": "fuzzy_match"}
    program = {"type": "python", "source": "def grade(sample, item):\n    return len(item['a'])"}
    multi = {"type": "multi", "graders": {"x": text, "y": alike, "z": program}, "calculate_output": "x + y * z"}
    assert build(multi)(SAMPLE, {"a": "is 4"}) == pytest.approx(1 + 4 * 2 * 4 / 19)
