"""What holds for every reward, whatever it is asked: laws that a kind's tests put it to."""

import asyncio
import math
import pickle
from collections.abc import Sequence
from typing import Any

from fakes import make_completion, make_prompt
from hypothesis import strategies as st

from raylign.judges.askers import Endpoint, Question
from raylign.judges.rules.rule import Case, Rater
from raylign.rewards.constant import ConstantReward
from raylign.rewards.endpoint import EndpointReward
from raylign.rewards.kinds import KINDS
from raylign.rewards.length import LengthReward
from raylign.rewards.model import ModelReward
from raylign.rewards.python import PythonReward
from raylign.rewards.raters import Answered, Head, Value
from raylign.rewards.reward import Part, Reward, asked_parts, combine, rate
from raylign.rewards.rubric import RubricReward
from raylign.rewards.rules import RulesReward
from raylign.rewards.score import ScoreReward
from raylign.rewards.sum import SumReward
from raylign.types import Completion, Prompt, Rating
from raylign.verdicts import Verdict

PARTS: list[Part] = [
    ModelReward(model="m"),
    RulesReward(),
    RulesReward(name="mine", weights={"math": 2.0}),
    ConstantReward(value=-0.5),
    LengthReward(target=3),
    LengthReward(per=8, unit="characters", weight=-1.0),
    LengthReward(target=40, within=8, unit="tokens"),
    RubricReward(model="m", rubric="explanation"),
    ScoreReward(model="m", template="Score {{ response }}"),
    EndpointReward(endpoint="scores"),
    PythonReward(source="def grade(sample, item): return 1.0"),
]
assert {type(part) for part in PARTS} == set(KINDS)
REWARDS: list[Reward] = [
    *PARTS,
    SumReward(of=(RulesReward(weight=0.5), ModelReward(model="m", weight=-2.0), LengthReward(per=3)), weight=3.0),
]

VALUES: st.SearchStrategy[Value] = st.floats() | st.sampled_from(("too long", "control token", "template"))
VERDICTS = st.lists(
    st.builds(Verdict, judge=st.sampled_from(("math", "length")), satisfied=st.sampled_from((True, False, None))),
    max_size=2,
    unique_by=lambda verdict: verdict.judge,
)
RESPONSES = st.lists(st.tuples(st.text(max_size=20), VALUES, VERDICTS), min_size=1, max_size=4)
"""(response, what a worker says of it, what the judges say of it)."""


class Workers:
    """They say of a response what they were told to, whatever they are asked."""

    def __init__(self, said: dict[str, Value]) -> None:
        self.said = said

    async def score(self, head: Head, groups: Sequence[Answered]) -> list[list[Value]]:
        return [[self.said[completion.text] for completion in completions] for _, completions in groups]

    async def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        return [self.said[response] for _, response in rows]

    async def run(self, program: Rater, cases: Sequence[Case]) -> list[Value]:
        return [self.said[case.response] for case in cases]

    async def post(self, endpoint: Endpoint, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        return [self.said[response] for _, response in rows]


def rated(reward: Reward, rows: Sequence[tuple[Completion, Value, Sequence[Verdict]]]) -> list[tuple[Rating, ...]]:
    """The ratings of one prompt's responses."""
    prompt: Prompt = make_prompt()
    workers = Workers({completion.text: value for completion, value, _ in rows})
    said: list[dict[str, Value]] = [{} for _ in rows]
    for part in asked_parts(reward):
        (values,) = asyncio.run(part.rate(workers, [(prompt, [completion for completion, *_ in rows])]))
        for one, value in zip(said, values, strict=True):
            one[part.label] = value
    return [
        rate(reward, prompt, completion, verdicts, one)
        for (completion, _, verdicts), one in zip(rows, said, strict=True)
    ]


def keeps_the_law_of_rewards(reward: Reward, rows: Sequence[tuple[str, Value, Sequence[Verdict]]]) -> None:
    """It travels; each of its parts rates each response, by a finite number or a reason; no order changes a bit."""
    assert pickle.loads(pickle.dumps(reward)) == reward
    assert reward.summary
    labels = [part.label for part in reward.parts()]
    assert len(set(labels)) == len(labels)
    made = [
        (make_completion(make_prompt(), index, text=f"{index} {text}"), value, verdicts)
        for index, (text, value, verdicts) in enumerate(rows)
    ]
    told = rated(reward, made)
    assert told == rated(reward, made[::-1])[::-1]
    for ratings in told:
        assert [rating.reward for rating in ratings] == labels
        for rating in ratings:
            assert (rating.value is None) == bool(rating.reason)
            assert rating.value is None or math.isfinite(rating.value)
            assert len(rating.reason) < 1000
        value = combine(reward, ratings)
        assert value if isinstance(value, str) else math.isfinite(value)
        assert isinstance(value, str) or all(rating.value is not None for rating in ratings)
