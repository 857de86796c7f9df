import pytest

from raylign.judges.rules.answers import clean, items, shown, sides


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [(" : **42**. ", "42"), ("{42}", "42"), ("{42}.$", "42"), ("{1} + {2}", "{1} + {2}"), ("42!", "42")],
)
def test_what_stands_around_an_answer_is_trimmed(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("so \\boxed{42}", "42"),
        ("\\boxed{42} and again \\boxed{42}", "42"),
        ("\\boxed{41} or \\boxed{42}", "\\boxed{41} or \\boxed{42}"),
        ("\\boxed{41} or 42", "\\boxed{41} or 42"),
        ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("it is $42$ apples", "42 apples"),
        ("$41$ or $42$", "$41$ or $42$"),
        ("41, no: $42$", "41, no: $42$"),
        ("The final answer is 42. I hope it is correct.", "42"),
        ("plain", "plain"),
    ],
)
def test_what_a_text_shows_is_its_one_box_or_formula_else_all_of_it(text: str, answer: str) -> None:
    assert shown(text) == answer


def test_sides_of_a_chain_end_before_what_only_approximates() -> None:
    assert sides("40 + 6 = 46") == ["40 + 6", "46"]
    assert sides("x = 1/3 \\approx 0.33") == ["x", "1/3"]
    assert sides("") == [""]


def test_commas_part_items_outside_brackets_and_numbers() -> None:
    assert items("1,000, (2, 3), 4") == ["1000", "(2, 3)", "4"]
