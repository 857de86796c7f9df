"""pass@k against all choices of k, counted out, and numbers worked out by hand."""

from itertools import combinations

import pytest
from fakes import make_completion, make_prompt

from raylign.loop.pass_at import chance, pass_at
from raylign.types import Group, Sample
from raylign.verdicts import Verdict


@pytest.mark.parametrize(("samples", "passed"), [(n, c) for n in (1, 2, 5, 7) for c in range(n + 1)])
def test_it_is_the_share_of_choices_in_which_one_passes(samples: int, passed: int) -> None:
    for k in range(1, samples + 1):
        choices = list(combinations(range(samples), k))
        lucky = sum(any(at < passed for at in choice) for choice in choices)
        assert chance(k, samples=samples, passed=passed) == pytest.approx(lucky / len(choices))


def test_many_samples_are_no_trouble() -> None:
    assert chance(1, samples=1024, passed=256) == pytest.approx(0.25)
    assert chance(512, samples=1024, passed=1) == pytest.approx(0.5)
    assert (chance(1024, samples=1024, passed=1), chance(1024, samples=1024, passed=0)) == (1.0, 0.0)


def group(*answers: bool | None) -> Group:
    prompt = make_prompt()
    return Group(
        prompt=prompt,
        samples=tuple(
            Sample(completion=make_completion(prompt, at), verdicts=(Verdict(judge="a", satisfied=answer),))
            for at, answer in enumerate(answers)
        ),
    )


def test_it_is_a_mean_over_prompts_and_who_is_undecided_has_not_passed() -> None:
    groups = [group(True, False, None, False), group(None, None, None, None)]
    assert pass_at(1, groups) == pytest.approx(1 / 8)
    assert pass_at(2, groups) == pytest.approx((1 - 3 / 6) / 2)
    assert pass_at(4, groups) == 0.5
    assert pass_at(1, []) is None
