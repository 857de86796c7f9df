"""What a method sees of a group."""

from dataclasses import replace

from fakes import make_completion, make_prompt

from raylign.loop.prepare import _unjudged
from raylign.methods import CRRAFT
from raylign.types import Group, Sample, Verdict

VIOLATED = (Verdict(judge="math", satisfied=False),)


def test_judges_that_are_not_enforced_do_not_keep_crraft_from_its_baseline() -> None:
    prompt = make_prompt()
    baseline = Sample(
        completion=replace(make_completion(prompt), index=None, version=None), verdicts=VIOLATED, reward=1.0
    )
    too_far = Sample(completion=make_completion(prompt), verdicts=VIOLATED, reward=2.0)
    group = Group(prompt=prompt, samples=(too_far,), baseline=baseline)
    assert CRRAFT().select([group]).chosen == []
    ((_, candidates),) = CRRAFT().select(_unjudged([group])).chosen
    assert [candidate.completion.index for candidate in candidates] == [0, None]


def test_a_group_without_a_baseline_stays_without() -> None:
    prompt = make_prompt()
    group = Group(prompt=prompt, samples=(Sample(completion=make_completion(prompt), verdicts=VIOLATED),))
    (seen,) = _unjudged([group])
    assert seen.baseline is None
    assert seen.samples[0].verdicts == ()
