from judge_laws import ASKING, Model

from raylign.judges.askers import Answers, Engine, Question


def test_equal_askers_are_one_whoever_asks_them() -> None:
    assert {Engine(model="m"), Engine(model="m"), Engine(model="n")} == {Engine(model="m"), Engine(model="n")}


def test_a_question_is_put_through_answers() -> None:
    model: Answers = Model()
    questions: list[Question] = [question for judge in ASKING for question in judge.asks()]
    assert [question.ask(model, []) for question in questions] == [[] for _ in ASKING]
