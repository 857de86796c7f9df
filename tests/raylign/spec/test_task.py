"""A task: its feedback must suffice for its method."""

import pytest
from documents import task

from raylign.errors import SpecError
from raylign.spec import parse_job


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (task(judges=[{"type": "math"}, {"type": "math"}]), "two judges are called 'math'"),
        (task(reward=None), "method 'crpg' ranks responses by reward"),
        (task(method={"type": "codpo"}, per="token"), "method 'codpo' has a loss of whole responses"),
        (task(method={"type": "codpo"}, per="limit", max_tokens=8), "method 'codpo' has a loss of whole responses"),
        (
            task(method={"type": "lagrangian"}, judges=[]),
            "method 'lagrangian' holds each judge to a target: add `judges`",
        ),
        (
            task(method={"type": "lagrangian", "targets": {"poem": 0.2}}),
            "`targets` names 'poem', and the judges are math",
        ),
        (task(method={"type": "lagrangian", "targets": {"math": 1.0}}), "less than 1"),
        (task(method={"type": "xpo"}, baseline="data"), "method 'xpo' compares with what the reference says"),
        (task(per="limit"), "`per: limit` divides by the task's longest response: set its `max_tokens`"),
        (task(method={"type": "codpo"}, samples_per_prompt=1), "method 'codpo' compares a prompt's responses"),
        (
            task(method={"type": "oaif", "annotator": {"type": "reward"}}, samples_per_prompt=4),
            "method 'oaif' compares two responses: samples_per_prompt is 4",
        ),
        (
            task(method={"type": "oaif", "annotator": {"type": "reward"}}, samples_per_prompt=2, reward=None),
            "an annotator of type 'reward' needs",
        ),
    ],
)
def test_a_task_whose_feedback_does_not_suffice_is_refused(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)
