"""The share of judges satisfied, worked out by hand."""

import pytest
from documents import task
from fakes import make_completion, make_prompt

from raylign.errors import SpecError
from raylign.rewards.rules import RulesReward
from raylign.spec import parse_job
from raylign.verdicts import Verdict

PROMPT = make_prompt()


def told(reward: RulesReward, **words: bool | None) -> float | str:
    verdicts = [Verdict(judge=judge, satisfied=word, reason="" if word else "why") for judge, word in words.items()]
    return reward.tell(PROMPT, make_completion(PROMPT), verdicts)


@pytest.mark.parametrize(
    ("words", "share"),
    [
        ({"math": True}, 1.0),
        ({"math": False}, 0.0),
        ({"math": True, "length": False}, 0.5),
        ({"math": True, "length": False, "style": False}, 1 / 3),
        ({"math": None}, "judge math: why"),
        ({"math": False, "length": None}, "judge length: why"),
        ({}, "no judge applies"),
    ],
)
def test_judges_count_alike(words, share):
    assert told(RulesReward(), **words) == share


@pytest.mark.parametrize(
    ("words", "share"),
    [
        ({"math": True, "length": False}, 0.75),
        ({"math": False, "length": True}, 0.25),
        ({"math": True}, 1.0),  # the other does not apply to this prompt
        ({"math": True, "length": False, "style": None}, 0.75),  # and who does not count may be silent
        ({"style": True}, "no judge applies"),
    ],
)
def test_weights_say_how_much_each_counts_and_who_does_not(words, share):
    assert told(RulesReward(weights={"math": 3.0, "length": 1.0}), **words) == share


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"judges": []}, "share of the task's judges that hold: add `judges`"),
        ({"weights": {"mth": 1}}, "name 'mth', which is no judge of the task; did you mean 'math'?"),
        ({"weights": {"math": 0}}, "'tasks[0].reward.weights.math' is 0: input should be greater than 0"),
        ({"model": "m"}, "unknown key 'tasks[0].reward.model'"),
    ],
)
def test_what_gives_it_nothing_to_go_by_is_refused(wrong, says):
    judges = wrong.pop("judges", [{"type": "math"}])
    with pytest.raises(SpecError) as refused:
        parse_job(task(judges=judges, reward={"type": "rules", **wrong}))
    assert says in str(refused.value)


def test_a_job_of_it_needs_no_model_but_the_policy():
    job = parse_job(task(reward={"type": "rules"}))
    assert {model for actors in job.actors() for model in actors.models} == {"org/policy"}
    assert [actors.role for actors in job.actors()] == ["policy", "reference", "rollout", "judge"]


def test_no_judge_is_spared_that_it_goes_by():
    assert parse_job(task()).tasks[0].sparing
    assert not parse_job(task(reward={"type": "rules"})).tasks[0].sparing
    assert not parse_job(task(method={"type": "lagrangian"})).tasks[0].sparing
