"""Wrong documents, explained in words that name the key, the value and the remedy."""

import pytest
from documents import document, task

from raylign.errors import SpecError
from raylign.spec import parse_job

RUBRIC = {"type": "rubric", "model": "m", "threshold": 1}


def test_every_problem_is_told_at_once_and_only_once():
    with pytest.raises(SpecError) as refused:
        parse_job(task(prompts={"pth": "x", "path": "p"}, method={"type": "crpg", "kl": 1}))
    message = str(refused.value)
    assert "pth" in message
    assert "tasks[0].method.kl" in message
    assert "at least 1 item" not in message


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (document(stepz=3), "unknown key 'stepz'; did you mean 'steps'?"),
        (document(trainer={"rank": 2}), "unknown key 'trainer.rank'; did you mean 'ranks'?"),
        (task(prompts={"pth": "x"}), "unknown key 'tasks[0].prompts.pth'; did you mean 'path'?"),
        (task(judges=[{"type": "mth"}]), "'tasks[0].judges[0]' has unknown type 'mth'; did you mean 'math'?"),
        (task(judges=[{"type": "code", "timeout": 1}]), "unknown key 'tasks[0].judges[0].timeout'; did you mean"),
        (
            task(judges=[{**RUBRIC, "rubric": "x"}]),
            "'tasks[0].judges[0].rubric': there is no rubric 'x': name one of expl",
        ),
        (task(judges=[{**RUBRIC, "rubric": 3}]), "'tasks[0].judges[0].rubric' is 3"),
        (
            task(judges=[{**RUBRIC, "rubric": {"criteria": [{"abot": "x"}]}}]),
            "unknown key 'tasks[0].judges[0].rubric.criteria[0].abot'; did you mean 'about'?",
        ),
        (
            task(judges=[{**RUBRIC, "model": {"model": "m", "replcas": 2}}]),
            "judges[0].model.replcas'; did you mean 'replicas'",
        ),
        (task(judges=[{**RUBRIC, "model": 3}]), "'tasks[0].judges[0].model' is 3"),
        (task(judges=[{"type": "regex", "pattern": "("}]), "pattern '(' is not a regular expression"),
        (task(judges=[{"type": "length", "minimum": 5, "maximum": 2}]), "maximum 2 is below minimum 5"),
        (task(method={"type": "crpg", "beta": 1}), "unknown key 'tasks[0].method.beta'"),
        (task(method={"kl_max": 1}), "'tasks[0].method' needs a `type`"),
        (task(method={"type": "crpg", "kl_max": 0}), "'tasks[0].method.kl_max' is 0: input should be greater than 0"),
        (document(steps=0), "'steps' is 0"),
        (document(tasks=[]), "'tasks' is []"),
        (task(name="Math Task"), "'tasks[0].name' is 'Math Task'"),
        (document(rollout={"temperature": 0}), "'rollout.temperature' is 0"),
        (document(trainer={"learning_rate": float("nan")}), "'trainer.learning_rate' is nan"),
        (document(name="../escape"), "'name' is '../escape'"),
        (task(judges=[{"type": "regex", "pattern": "(" * 900}]), "is not a regular expression: maximum recursion"),
        (task(judges=[{"type": "regex", "pattern": "a{99999999999999999999}"}]), "the repetition number is too large"),
        (task(judges=[{"type": "math", "format": "["}]), "pattern '[' is not a regular expression"),
        (task(judges=[{"type": "math", "format": "answer"}]), "pattern 'answer' has no group"),
        (task(judges=[{"type": "math", "name": "a\nb"}]), "'tasks[0].judges[0].name' is 'a\\nb'"),
        (task(judges=[{"type": "math", "when": {"a": {"b": 1}}}]), "compare with a text, a number"),
        (document(steps=10**18), "'steps' is 1000000000000000000: input should be less than or equal to 10000000"),
        (document(trainer={"ranks": 10**9}), "'trainer.ranks' is 1000000000"),
        (document(trainer={"weight_decay": 1e308}), "'trainer.weight_decay' is 1e+308"),
        (document(**{"x" * 10_000: 1}), "unknown key '" + "x" * 60 + "'; known keys"),
        (document(name="x" * 10_000), "'name' is 'xxxxx"),
        (document(tasks=[{}] * 60), "and 161 problems more"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_right(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)
