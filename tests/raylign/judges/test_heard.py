from collections.abc import Sequence

from raylign.judges.heard import Heard


class Model:
    """Answers with the question's number of characters, or a reason; ``asked`` holds what it was asked."""

    def __init__(self, **settings: float) -> None:
        self.asked: list[str] = []
        self.now = 0.0
        self.heard: Heard[tuple[int] | str] = Heard(3, clock=lambda: self.now, **settings)

    def ask(self, *questions: str) -> list[tuple[int] | str]:
        def put(positions: Sequence[int]) -> list[tuple[int] | str]:
            self.asked += [questions[at] for at in positions]
            return [(len(questions[at]),) if questions[at] else "too long" for at in positions]

        return self.heard.ask(questions, put)


def test_a_question_is_put_once_and_answers_stand_where_it_does() -> None:
    model = Model()
    assert model.ask("a", "bb", "a", "ccc", "bb") == [(1,), (2,), (1,), (3,), (2,)]
    assert model.asked == ["a", "bb", "ccc"]
    assert model.ask("ccc", "dddd", "a") == [(3,), (4,), (1,)]
    assert model.asked == ["a", "bb", "ccc", "dddd"]


def test_what_was_not_answered_is_asked_again() -> None:
    model = Model()
    assert model.ask("", "a", "") == ["too long", (1,), "too long"]
    assert model.ask("", "a") == ["too long", (1,)]
    assert model.asked == ["", "a", ""]


def test_those_asked_for_last_are_kept() -> None:
    model = Model()
    model.ask("a", "b", "c")
    model.ask("a")
    model.ask("d")
    assert model.ask("b", "a", "d") == [(1,)] * 3
    assert model.asked == ["a", "b", "c", "d", "b"]


def test_more_than_is_kept_is_still_answered() -> None:
    assert Model().ask("a", "bb", "ccc", "dddd", "a") == [(1,), (2,), (3,), (4,), (1,)]


def test_nothing_to_ask_asks_nobody() -> None:
    assert Model().ask() == []


def test_what_counts_for_a_while_is_asked_again_after_it() -> None:
    """However often it was heard meanwhile: it counts from when it was said."""
    model = Model(seconds=10.0)
    for now in (0.0, 6.0, 10.0):
        model.now = now
        assert model.ask("a", "bb") == [(1,), (2,)]
    assert model.asked == ["a", "bb"]
    model.now = 10.5
    assert model.ask("a") == [(1,)]
    model.now = 20.0
    assert model.ask("a", "bb") == [(1,), (2,)]
    assert model.asked == ["a", "bb", "a", "bb"]
    forever = Model()
    forever.ask("a")
    forever.now = 1e9
    forever.ask("a")
    assert forever.asked == ["a"]
