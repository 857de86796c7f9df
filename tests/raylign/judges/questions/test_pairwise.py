import math
from collections.abc import Mapping, Sequence

import pytest
from fakes import make_prompt
from jinja2 import UndefinedError

from raylign.errors import SpecError
from raylign.judges.askers import Asker, Said, Writer
from raylign.judges.questions.pairwise import LLMAnnotator
from raylign.types import Preference

ANNOTATOR = LLMAnnotator(model="m", template="{{ prompt }} 1: {{ first }} 2: {{ second }}")


def test_preference_averages_both_orders() -> None:
    # By hand: P("1" | y1 first) = 0.6 / 0.8 = 0.75; P("1" | y2 first) = 0.1 / 0.4 = 0.25; (0.75 + 1 - 0.25) / 2.
    forward, backward = (math.log(0.6), math.log(0.2)), (math.log(0.1), math.log(0.3))
    chance = ANNOTATOR.read(forward, backward).probability
    assert chance == pytest.approx(0.75)
    exchanged = ANNOTATOR.read(backward, forward).probability
    assert exchanged == pytest.approx(0.25)


def test_position_bias_cancels() -> None:
    always_first = (math.log(0.9), math.log(0.1))
    assert ANNOTATOR.read(always_first, always_first).probability == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [(math.log(0.1), math.log(0.05)), (-math.inf, -math.inf), (math.nan, 0.0)])
def test_no_answer_in_either_order_abstains(bad: tuple[float, float]) -> None:
    good = (math.log(0.5), math.log(0.5))
    assert ANNOTATOR.read(good, bad) == Preference(probability=None, reason="no answer")
    assert ANNOTATOR.read(bad, good) == Preference(probability=None, reason="no answer")


def test_no_mass_at_all_abstains_even_where_none_is_asked() -> None:
    annotator = ANNOTATOR.model_copy(update={"min_mass": 0.0})
    assert annotator.read((-math.inf, -math.inf), (0.0, 0.0)).probability is None


def test_the_annotator_reads_both_responses() -> None:
    assert ANNOTATOR.put(make_prompt(), "a", "b")(str.upper) == "QUESTION 0 1: A 2: B"
    with pytest.raises(UndefinedError):
        ANNOTATOR.model_copy(update={"template": "{{ third }}"}).put(make_prompt(), "a", "b")(str)


@pytest.mark.parametrize("other", [(0.0, 0.0), "control token", (-math.inf, -math.inf)])
def test_a_text_that_is_not_read_in_either_order_abstains_for_that(other: Said) -> None:
    assert ANNOTATOR.read("too long", other) == Preference(probability=None, reason="too long")
    if not isinstance(other, str):
        assert ANNOTATOR.read(other, "too long") == Preference(probability=None, reason="too long")


def test_each_pair_is_asked_in_both_orders() -> None:
    class Model:
        def next_token(self, texts: Sequence[Writer], answers: Mapping[str, str]) -> list[Said]:
            assert answers == {"first": "1", "second": "2"}
            assert [write(str) for write in texts] == [
                "question 0 1: a 2: b",
                "question 0 1: b 2: a",
                "question 0 1: c 2: d",
                "question 0 1: d 2: c",
            ]
            yes, no = (math.log(0.9), math.log(0.1)), (math.log(0.1), math.log(0.9))
            return [yes, no, no, yes]

    rows = [(make_prompt(), "a", "b"), (make_prompt(), "c", "d")]
    assert [said.probability for said in ANNOTATOR.ask(Model(), rows)] == pytest.approx([0.9, 0.1])


def test_a_template_is_given_what_it_may_use() -> None:
    ANNOTATOR.check(whose="the annotator")
    with pytest.raises(SpecError, match="the template of the annotator uses `response`, which it is not given"):
        ANNOTATOR.model_copy(update={"template": "{{ response }}"}).check(whose="the annotator")


def test_it_asks_the_model_it_names() -> None:
    assert [question.asker for question in ANNOTATOR.asks()] == [Asker("m")]
