"""Responses found again: by task, step and judge, the newest, the best or the worst, however many events there are."""

import pytest
from event_stream import event_stream

from raylign.record.shown import Sought


def found(**sought):
    return Sought(**sought).of(event_stream(steps=30, tasks=("chat", "math")))


@pytest.mark.parametrize(
    ("sought", "places"),
    [
        ({"count": 1}, [(30, "math", True)]),
        ({"task": "chat", "count": 4}, [(30, "chat", True)] * 3 + [(20, "chat", False)]),
        ({"step": 10}, [(10, "math", False), (10, "chat", False)]),
        ({"step": 10, "task": "chat"}, [(10, "chat", False)]),
        ({"step": 11}, []),
        ({"judge": "nobody"}, []),
    ],
)
def test_those_that_are_sought_are_found_newest_first(sought, places):
    assert [(one.step, one.task, one.evaluation) for one in found(**sought)] == places


def test_the_best_and_the_worst_are_by_reward_where_there_is_one():
    best, worst = found(order="best", count=3), found(order="worst", count=3)
    assert [one.worth for one in best] == sorted((one.worth for one in best), reverse=True)
    assert best[0].worth > worst[0].worth
    assert worst[0].sample.reward == -0.3


def test_no_more_is_held_than_is_asked_for():
    assert len(found(count=5)) == 5
    assert found(count=1)[0].to_dict()["rulings"] is not None
