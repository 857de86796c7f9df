import pytest

from raylign.errors import SpecError
from raylign.judges.askers import Conversation
from raylign.judges.questions.phrasing import Phrasing, remark

VALUES = {"response": "so"}


def test_plain_text_stands_as_it_is_and_turns_are_apart() -> None:
    alone = Phrasing(user="Q: {{ response }}")
    assert alone.put(VALUES, chat=False)(str.upper) == "Q: SO"
    turn = alone.put(VALUES, chat=True)
    assert isinstance(turn, Conversation)
    assert (turn.user(str.upper), turn.system) == ("Q: SO", None)
    both = Phrasing(user="Q: {{ response }}", system="Be fair to {{ response }}.")
    turns = both.put(VALUES, chat=True)
    assert (turns.system(str.upper), turns.user(str)) == ("Be fair to SO.", "Q: so")
    assert both.put(VALUES, chat=False)(str) == "Be fair to so.\n\nQ: so\n\nAnswer:"


@pytest.mark.parametrize("broken", [Phrasing(user="{{ x }}"), Phrasing(user="", system="{{ x }}")])
def test_both_templates_are_checked(broken: Phrasing) -> None:
    with pytest.raises(SpecError, match="the template of judge 'a' uses `x`"):
        broken.check(whose="judge 'a'", variables=frozenset({"response"}))


@pytest.mark.parametrize(
    ("chat", "templated", "said"),
    [
        (None, True, "set `chat: true` to ask in the model's own turns"),
        (True, False, "its model has no chat template"),
        (None, False, ""),
        (False, True, ""),
        (True, True, ""),
    ],
)
def test_a_question_put_otherwise_than_its_model_knows_is_remarked(chat: bool, templated: bool, said: str) -> None:
    words = remark(chat, templated=templated)
    assert said in words
    assert bool(said) == bool(words)
