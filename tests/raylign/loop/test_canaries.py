"""How judges do on canaries, in numbers worked out by hand, and when that is an alarm."""

from collections import Counter

import pytest
from fakes import make_prompt
from loop_job import make_job

from raylign.judges.rules.length import LengthJudge
from raylign.loop.canaries import ENOUGH, LAST, Alarm, agreement
from raylign.loop.prepare import TaskBatch
from raylign.methods.selection import Chosen
from raylign.record.events.tasks import CanaryFigures
from raylign.types import Group, Sighting

JUDGE = LengthJudge(name="short", canaries={"path": "c", "min_agreement": 0.8})
TASK = make_job().tasks[0].model_copy(update={"judges": (JUDGE,)})
RIGHT = Sighting(judge="short", gold=True, word=True)
WRONG = Sighting(judge="short", gold=False, word=True)
MUTE = Sighting(judge="short", gold=False, word=None, reason="timeout")


def batch(*sightings: Sighting) -> list[TaskBatch]:
    group = Group(prompt=make_prompt(), samples=(), sightings=sightings)
    return [TaskBatch(task=TASK, groups=[group], chosen=Chosen(terms=[]), scores={}, examples=[], skips=Counter())]


def told(*steps: list[TaskBatch]) -> list[str]:
    said: list[str] = []
    alarm = Alarm(lambda warned: said.append(warned.message))
    for step in steps:
        alarm.look(step)
    return said


def test_an_abstention_is_no_agreement() -> None:
    other = Sighting(judge="kind", gold=False, word=False)
    groups = [Group(prompt=make_prompt(), samples=(), sightings=(RIGHT, WRONG, MUTE)) for _ in range(2)]
    groups.append(Group(prompt=make_prompt(), samples=(), sightings=(other,)))
    assert agreement(groups) == {
        "short": CanaryFigures(asked=6, agreement=pytest.approx(1 / 3)),
        "kind": CanaryFigures(asked=1, agreement=1.0),
    }
    assert agreement([]) == {}


def test_an_alarm_has_the_figures_and_comes_once() -> None:
    (message,) = told(batch(*[RIGHT] * 12, *[WRONG] * 5, *[MUTE] * 3), batch(WRONG))
    assert message.startswith(
        "task 'math': judge 'short' is right about 60% of its last 20 canaries, at least 80% are asked of it "
        "(satisfied what is violated 5, abstained (timeout) 3)"
    )


@pytest.mark.parametrize("steps", [[batch(*[WRONG] * (ENOUGH - 1))], [batch(*[RIGHT] * 16, *[WRONG] * 4)], [batch()]])
def test_too_few_or_good_enough_is_no_alarm(steps: list[list[TaskBatch]]) -> None:
    assert told(*steps) == []


def test_it_looks_back_so_far_and_says_it_again_after_it_was_well() -> None:
    bad, good = batch(*[WRONG] * ENOUGH), batch(*[RIGHT] * LAST)
    assert len(told(good, bad, good, bad)) == 2
    assert len(told(bad, bad)) == 1
