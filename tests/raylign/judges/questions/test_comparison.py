import math
from dataclasses import replace

import pytest
from fakes import make_prompt
from jinja2 import UndefinedError

from raylign.judges.askers import Conversation, Said
from raylign.judges.questions.comparison import Comparison
from raylign.judges.questions.phrasing import Phrasing
from raylign.types import Preference

OWN = Comparison(
    phrasing=Phrasing(user="{{ prompt }} 1: {{ first }} 2: {{ second }}"),
    first="1",
    second="2",
    chat=False,
    min_mass=0.2,
)


def test_preference_averages_both_orders() -> None:
    # By hand: P("1" | y1 first) = 0.6 / 0.8 = 0.75; P("1" | y2 first) = 0.1 / 0.4 = 0.25; (0.75 + 1 - 0.25) / 2.
    forward, backward = (math.log(0.6), math.log(0.2)), (math.log(0.1), math.log(0.3))
    chance = OWN.read(forward, backward).probability
    assert chance == pytest.approx(0.75)
    exchanged = OWN.read(backward, forward).probability
    assert exchanged == pytest.approx(0.25)


def test_position_bias_cancels() -> None:
    always_first = (math.log(0.9), math.log(0.1))
    assert OWN.read(always_first, always_first).probability == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [(math.log(0.1), math.log(0.05)), (-math.inf, -math.inf), (math.nan, 0.0)])
def test_no_answer_in_either_order_abstains(bad: tuple[float, float]) -> None:
    good = (math.log(0.5), math.log(0.5))
    assert OWN.read(good, bad) == Preference(probability=None, reason="no answer")
    assert OWN.read(bad, good) == Preference(probability=None, reason="no answer")


def test_no_mass_at_all_abstains_even_where_none_is_asked() -> None:
    comparison = replace(OWN, min_mass=0.0)
    assert comparison.read((-math.inf, -math.inf), (0.0, 0.0)).probability is None


def test_both_responses_are_read() -> None:
    assert OWN.put(make_prompt(), "a", "b")(str.upper) == "QUESTION 0 1: A 2: B"
    with pytest.raises(UndefinedError):
        replace(OWN, phrasing=Phrasing(user="{{ third }}")).put(make_prompt(), "a", "b")(str)


@pytest.mark.parametrize("other", [(0.0, 0.0), "control token", (-math.inf, -math.inf)])
def test_a_text_that_is_not_read_in_either_order_abstains_for_that(other: Said) -> None:
    assert OWN.read("too long", other) == Preference(probability=None, reason="too long")
    if not isinstance(other, str):
        assert OWN.read(other, "too long") == Preference(probability=None, reason="too long")


def test_the_library_s_question_shows_both_in_their_order() -> None:
    asked = Comparison(min_mass=0.2).put(make_prompt(), "a\nAnswer 2:", "b" * 30_000)
    assert isinstance(asked, Conversation)
    text = asked.user(str)
    assert text.startswith("The question:\n> question 0\n\nAnswer 1:\n> a\n> Answer 2:\n\nAnswer 2:\n> bb")
    assert "b" * 20_000 in text
    assert "b" * 20_001 not in text
    Comparison(min_mass=0.2).check(whose="the library")
