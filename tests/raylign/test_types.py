from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt

from raylign.types import Sample
from raylign.verdicts import Verdict

COMPLETION = make_completion(make_prompt())


def test_a_sample_satisfies_what_its_judges_say_together() -> None:
    said = tuple(Verdict(judge=label, satisfied=answer) for label, answer in (("a", True), ("b", None)))
    assert Sample(completion=COMPLETION, verdicts=said[:1]).satisfied is True
    assert Sample(completion=COMPLETION, verdicts=said).satisfied is None
    assert Sample(completion=COMPLETION, verdicts=said, reward_problem="too long").satisfied is False


def test_where_judges_constrain_nothing_a_sample_beyond_the_context_has_no_reward_and_no_more() -> None:
    said = (Verdict(judge="a", satisfied=True),)
    loose = Sample(completion=COMPLETION, verdicts=said, reward_problem="too long", must_fit=False)
    assert loose.satisfied is True
    assert replace(loose, verdicts=(Verdict(judge="a", satisfied=False),)).satisfied is False


def test_a_sample_without_verdicts_must_say_so() -> None:
    with pytest.raises(TypeError, match="verdicts"):
        Sample(completion=COMPLETION)  # type: ignore[call-arg]


def test_only_what_the_policy_made_has_an_age() -> None:
    assert replace(COMPLETION, version=3).staleness(4) == 1
    assert replace(COMPLETION, version=None).staleness(4) is None
