"""A reward that asks a model: one row a response, answers back in their places."""

from collections.abc import Sequence
from typing import Any, Literal

from fakes import make_completion, make_prompt

from raylign.judges.askers import Answers, Asker, Engine, Question
from raylign.rewards.asking import AskingReward
from raylign.rewards.raters import Answered, Head, Value
from raylign.types import Prompt


class LengthOfBoth(AskingReward):
    type: Literal["both"] = "both"

    @property
    def asker(self) -> Asker:
        return Engine(model="org/model")

    def check(self, *, whose: str) -> None: ...

    def rate_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        return [float(len(prompt.id + response)) for prompt, response in rows]


class Workers:
    """One model, which no answer is asked of here."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    async def score(self, head: Head, groups: Sequence[Answered]) -> list[list[Value]]:
        raise AssertionError(head)

    async def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        self.rows.append(len(rows))
        return question.ask(None, rows)  # type: ignore[arg-type]


async def test_each_response_is_a_row_and_has_its_own_answer() -> None:
    one, two = make_prompt(number=1), make_prompt(number=22)
    groups: list[Answered] = [
        (one, [make_completion(one, 0, text="a"), make_completion(one, 1, text="bb")]),
        (two, [make_completion(two, 0, text="ccc")]),
    ]
    workers, reward = Workers(), LengthOfBoth()
    assert await reward.rate(workers, groups) == [[7.0, 8.0], [10.0]]
    assert workers.rows == [3]
    assert reward.asks() == (reward,)
    assert (reward.runs_in, reward.hears_judges, reward.heads()) == ("engine", False, ())
