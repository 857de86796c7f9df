import pytest

from raylign.judges.rules.equivalence import equivalent


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("1,000", "1000", True),
        ("1 000", "1000", True),
        (".4", "0.4", True),
        ("10", "\\$10", True),
        ("10\\text{ units}", "10 ", True),
        ("\\frac34i", "\\frac{3}{4}i", True),
        ("10, 4, 2", "10, 4, 2", True),
        ("10, 4, 2", "4, 10, 2", False),
        ("5x - 7y + 4 = 0", "x + y + 2 = 0", False),
        ("\\( \n 9 \n \\)", "$9$", False),
        ("2021", "$\\pm 2021$", False),
        ("", "", False),
        ("9" * 2000, "9" * 2000, False),
    ],
)
def test_equivalence(answer: str, gold: str, same: bool) -> None:
    assert equivalent(answer, gold) is same


@pytest.mark.parametrize(
    ("answer", "gold"), [("12+34", "46"), ("47 = 46", "46"), ("46 or 47", "46"), ("10/4", "5/2"), ("> 45", "46")]
)
def test_a_question_handed_back_is_not_its_answer(answer: str, gold: str) -> None:
    assert equivalent(answer, gold) is False


def test_an_answer_may_end_a_chain_of_equal_sides_or_follow_a_name() -> None:
    assert equivalent("40 + 6 = 46", "46")
    assert equivalent("x = 46", "46")
    assert not equivalent("40 + 7 = 46", "46")
