"""Held-out responses: each task's by its own method, and the reference only where one asks for it."""

from fakes import FakeFleet, make_completion, make_prompt
from loop_job import make_job

from raylign.loop.examine import examine
from raylign.types import Group, Sample


def group(task, *, number=0):
    prompt = make_prompt(task, number)
    made = [make_completion(prompt, index, logprob=None, version=None) for index in (0, 1)]
    return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=(), asked=False) for one in made))


async def test_methods_without_such_a_measure_tell_nothing():
    assert await examine(make_job(), [group("math"), group("chat")], FakeFleet().workers) == {}


async def test_nobody_is_asked_about_nothing():
    fleet = FakeFleet()
    assert await examine(make_job(), [], fleet.workers) == {}
    assert fleet.calls == []
