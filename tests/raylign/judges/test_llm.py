import math

import pytest
from fakes import make_prompt
from jinja2 import UndefinedError

from raylign.judges.annotators import LLMAnnotator
from raylign.judges.llm import comparison, decide, prefer, question
from raylign.judges.ruling import Ruling
from raylign.spec.judges import LLMJudge
from raylign.types import Preference

JUDGE = LLMJudge(model="m", template="Q: {{ prompt }}\nA: {{ response }}\nSafe?", positive=" Yes", negative=" No")
ANNOTATOR = LLMAnnotator(model="m", template="{{ prompt }} 1: {{ first }} 2: {{ second }}")


def read(template: str, response: str) -> str:
    return question(JUDGE.model_copy(update={"template": template}), make_prompt(), response, str.upper)


def test_the_judge_reads_prompt_and_response_as_they_are_shown() -> None:
    assert read("{{ prompt }} then {{ response }}", "So.") == "QUESTION 0 then SO."


def test_a_response_is_text_not_template() -> None:
    assert read("{{ response }}", "{{ prompt }}{% raw %}") == "{{ PROMPT }}{% RAW %}"


def test_responses_are_cut_before_they_are_shown() -> None:
    spec = JUDGE.model_copy(update={"template": "[{{ response }}]", "max_response_chars": 3})
    assert question(spec, make_prompt(), "abcdef", str) == "[abc]"


def test_violated_iff_negative_is_likelier() -> None:
    assert decide(JUDGE, math.log(0.5), math.log(0.4)) == Ruling(True)
    assert decide(JUDGE, math.log(0.4), math.log(0.4)) == Ruling(True)
    assert decide(JUDGE, math.log(0.1), math.log(0.4)) == Ruling(False, "P(No) 0.40 > P(Yes) 0.10")


@pytest.mark.parametrize(
    ("positive", "negative"),
    [(math.log(0.1), math.log(0.09)), (-math.inf, -math.inf), (math.nan, 0.0), (0.0, math.nan)],
)
def test_too_little_mass_is_no_answer(positive: float, negative: float) -> None:
    assert decide(JUDGE, positive, negative) == Ruling(None, "no answer")


def test_preference_averages_both_orders() -> None:
    # By hand: P("1" | y1 first) = 0.6 / 0.8 = 0.75; P("1" | y2 first) = 0.1 / 0.4 = 0.25; (0.75 + 1 - 0.25) / 2.
    forward, backward = (math.log(0.6), math.log(0.2)), (math.log(0.1), math.log(0.3))
    chance = prefer(ANNOTATOR, forward, backward).probability
    assert chance == pytest.approx(0.75)
    exchanged = prefer(ANNOTATOR, backward, forward).probability
    assert exchanged == pytest.approx(0.25)


def test_position_bias_cancels() -> None:
    always_first = (math.log(0.9), math.log(0.1))
    assert prefer(ANNOTATOR, always_first, always_first).probability == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [(math.log(0.1), math.log(0.05)), (-math.inf, -math.inf), (math.nan, 0.0)])
def test_no_answer_in_either_order_abstains(bad: tuple[float, float]) -> None:
    good = (math.log(0.5), math.log(0.5))
    assert prefer(ANNOTATOR, good, bad) == Preference(probability=None, reason="no answer")
    assert prefer(ANNOTATOR, bad, good) == Preference(probability=None, reason="no answer")


def test_no_mass_at_all_abstains_even_where_none_is_asked() -> None:
    spec = ANNOTATOR.model_copy(update={"min_mass": 0.0})
    assert prefer(spec, (-math.inf, -math.inf), (0.0, 0.0)).probability is None


def test_the_annotator_reads_both_responses() -> None:
    assert comparison(ANNOTATOR, make_prompt(), "a", "b", str.upper) == "QUESTION 0 1: A 2: B"
    with pytest.raises(UndefinedError):
        comparison(ANNOTATOR.model_copy(update={"template": "{{ third }}"}), make_prompt(), "a", "b", str)
