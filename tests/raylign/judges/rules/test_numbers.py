from fractions import Fraction

import pytest

from raylign.judges.rules.numbers import MAX_CHARS, Number, hedges, read_number, same_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("46", 46),
        ("-46", -46),
        ("\u221246", -46),
        ("-$3", -3),
        ("$-3", -3),
        ("1,046", 1046),
        ("1 046", 1046),
        (".5", Fraction(1, 2)),
        ("46 square meters", 46),
        ("20 \\%", 20),
        ("2 million", 2_000_000),
        ("5/2", Fraction(5, 2)),
        ("\\frac{5}{2}", Fraction(5, 2)),
        ("\\frac52", Fraction(5, 2)),
        ("2 \\frac{1}{2}", Fraction(5, 2)),
        ("4.6e1", 46),
        ("4.6 \\times 10^{1}", 46),
    ],
)
def test_a_number_is_read_with_its_sign_unit_and_currency(text: str, value: Fraction) -> None:
    number = read_number(text)
    assert number is not None
    assert number.value == value


@pytest.mark.parametrize(
    "text",
    [
        "", "forty-six", "12+34", "4 6", "46 or 47", "46 squared", "x", "--3", "-$-3", "5/0", "1,04", "\u0664\u0666",
        "46 dozen", "3x", "9" * (MAX_CHARS + 1),
    ],
)  # fmt: skip
def test_anything_else_is_no_number(text: str) -> None:
    assert read_number(text) is None


def read(text: str) -> Number:
    number = read_number(text)
    assert number is not None
    return number


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("2.5", "5/2", True),
        ("0.333333", "1/3", True),
        ("0.33333", "1/3", False),
        ("5/2", "5/2", True),
        ("10/4", "5/2", False),
        ("5/2", "2.5", False),
        ("4.6e1", "46", False),
        ("4.6e1", "4.6 * 10^1", True),
        ("46e0", "4.6e1", False),
        ("46.00", "46", True),
    ],
)
def test_an_answer_is_no_calculation_where_the_gold_answer_is_none(answer: str, gold: str, same: bool) -> None:
    assert same_number(read(answer), read(gold)) is same


def test_words_that_take_a_number_back() -> None:
    assert hedges("or forty-seven")
    assert hedges("Squared")
    assert not hedges("square meters")
