import math
from collections.abc import Mapping, Sequence

import pytest
from fakes import make_prompt
from pydantic import ValidationError

from raylign.errors import SpecError
from raylign.judges.askers import Engine, Said, Writer
from raylign.judges.questions.comparison import Comparison
from raylign.judges.questions.pairwise import LLMAnnotator

ANNOTATOR = LLMAnnotator(model="m", template="{{ prompt }} 1: {{ first }} 2: {{ second }}")


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
    assert [question.asker for question in ANNOTATOR.asks()] == [Engine(model="m")]


def test_without_a_template_it_asks_the_library_s_question() -> None:
    ours = LLMAnnotator(model="m")
    assert ours.comparison == Comparison(min_mass=0.2)
    assert not LLMAnnotator(model="m", chat=False).comparison.chat
    assert (ours.remark(templated=True), "chat: true" in ANNOTATOR.remark(templated=True)) == ("", True)
    with pytest.raises(ValidationError, match="leave out `second`, or give a `template`"):
        LLMAnnotator(model="m", second="B")
