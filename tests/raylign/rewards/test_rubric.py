from collections.abc import Sequence

from fakes import make_prompt

from raylign.judges.askers import Asked, Engine, Written
from raylign.rewards.rubric import RubricReward
from raylign.spec import parse_job

OWN = {"criteria": [{"name": "Truth", "about": "it is true", "weight": 2}], "verdicts": {"GOOD": 1.0, "BAD": -0.5}}


class Model:
    """Writes what it was made with."""

    def __init__(self, *said: Written | str) -> None:
        self.said = list(said)

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[Written | str]:
        assert len(asked) == len(self.said)
        return self.said


def test_a_response_is_worth_its_score_or_nothing_is_said_of_it() -> None:
    reward = RubricReward(model="m", rubric=OWN)
    model = Model(Written(text="Truth: GOOD", ended=True), Written(text="Truth: FINE", ended=True), "too long")
    rows = [(make_prompt(), response) for response in ("a", "...", "b", "c")]
    assert reward.rate_all(model, rows) == [2.0, -1.0, "rubric: unknown verdict", "too long"]


def test_a_job_names_a_rubric_of_the_library_and_shares_its_model_with_judges() -> None:
    task = {
        "name": "t", "prompts": {"path": "p"}, "method": {"type": "grpo"},
        "judges": [{"type": "rubric", "model": "org/judge", "rubric": "explanation", "threshold": 2}],
        "reward": {"type": "sum", "of": [{"type": "rubric", "model": "org/judge", "rubric": "explanation"}]},
    }  # fmt: skip
    job = parse_job({"name": "j", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]})
    assert job.askers() == [Engine(model="org/judge")]
    (part,) = job.tasks[0].reward_parts
    part.check(whose="it")
