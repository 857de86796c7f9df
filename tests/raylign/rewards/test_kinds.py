"""How a job names its reward."""

import pytest
from documents import task

from raylign.errors import SpecError
from raylign.rewards.model import ModelReward
from raylign.rewards.rules import RulesReward
from raylign.rewards.sum import SumReward
from raylign.spec import parse_job


def reward_of(document):
    return parse_job(task(reward=document)).tasks[0].reward


def test_a_reward_without_a_type_is_a_model():
    assert reward_of({"model": "org/rm"}) == reward_of({"type": "model", "model": "org/rm"})
    assert reward_of({"model": "org/rm"}) == ModelReward(model="org/rm")
    assert reward_of({"type": "sum", "of": [{"model": "org/rm"}, {"type": "rules"}]}) == SumReward(
        of=(ModelReward(model="org/rm"), RulesReward())
    )


MODEL = {"model": "m"}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"modl": "x"}, "unknown key 'tasks[0].reward.modl'; did you mean 'model'?"),
        ({"model": "x", "dtyp": 1}, "unknown key 'tasks[0].reward.dtyp'"),
        ({"model": 3}, "'tasks[0].reward.model' is 3: input should be a valid string"),
        ({}, "'tasks[0].reward.model' is missing"),
        ({"type": "rule"}, "'tasks[0].reward' has unknown type 'rule'; did you mean 'rules'?"),
        ({"type": "rules", "weight": "much"}, "'tasks[0].reward.weight' is 'much'"),
        ("org/rm", "'tasks[0].reward' is 'org/rm'"),
    ],
)
def test_a_wrong_reward_is_told_in_one_sentence(document, says):
    with pytest.raises(SpecError) as refused:
        reward_of(document)
    assert says in str(refused.value)
    assert str(refused.value).count("tasks[0].reward") <= 2


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([], "'tasks[0].reward.of' is []"),
        ([{"type": "ruls"}], "'tasks[0].reward.of[0]' has unknown type 'ruls'; did you mean 'rules'?"),
        ([MODEL, {**MODEL, "wight": 1}], "unknown key 'tasks[0].reward.of[1].wight'; did you mean 'weight'?"),
        ([{**MODEL, "weight": "x"}], "'tasks[0].reward.of[0].weight' is 'x'"),
        ([MODEL, MODEL], "'tasks[0].reward': two parts of the reward are called 'model'"),
        ([{"type": "sum", "of": []}], "'tasks[0].reward.of[0]' has unknown type 'sum'"),
    ],
)
def test_so_is_a_wrong_part(parts, says):
    test_a_wrong_reward_is_told_in_one_sentence({"type": "sum", "of": parts}, says)
