"""Responses that come to the limit: what they lose, by hand, and what is refused."""

import pytest
from documents import task
from fakes import make_completion, make_prompt

from raylign.errors import SpecError
from raylign.rewards.overlong import PunishOverlong, SkipOverlong
from raylign.spec import parse_job


@pytest.mark.parametrize(
    ("tokens", "loss"), [(1, 0.0), (60, 0.0), (61, -0.05), (70, -0.5), (79, -0.95), (80, -1.0), (90, -1.0)]
)
def test_the_reward_falls_over_the_last_tokens_before_the_limit(tokens, loss):
    """DAPO, eq. 13, of 80 tokens, 20 of which are the cache."""
    completion = make_completion(make_prompt(), tokens=tokens)
    assert PunishOverlong(cache_tokens=20).charge(completion, 80) == pytest.approx(loss)
    assert PunishOverlong(cache_tokens=20, penalty=3.0).charge(completion, 80) == pytest.approx(3 * loss)


@pytest.mark.parametrize(("limit", "first"), [(100, 81), (3, 3), (1, 1)])
def test_without_a_setting_it_falls_over_a_fifth(limit, first):
    charges = [PunishOverlong().charge(make_completion(make_prompt(), tokens=at), limit) for at in range(limit + 1)]
    assert next(at for at, charge in enumerate(charges) if charge < 0) == first
    assert charges[-1] == -1.0


def test_skipping_admits_who_came_to_an_end():
    cut = make_completion(make_prompt(), tokens=8)
    assert SkipOverlong().admits(cut)
    object.__setattr__(cut, "finish", "length")
    assert not SkipOverlong().admits(cut)
    assert PunishOverlong().admits(cut)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"overlong": {"type": "drop"}}, "'tasks[0].overlong' has unknown type 'drop'; Types: skip, punish"),
        (
            {"overlong": {"type": "punish", "cache_tokens": 65}, "max_tokens": 64},
            "a response has at most 64 tokens: give less",
        ),
        (
            {
                "overlong": {"type": "punish"}, "reward": None, "samples_per_prompt": 2,
                "method": {"type": "oaif", "annotator": {"type": "llm", "model": "m", "template": "t"}},
            },
            "cannot lose of a reward that the task has not: use `{type: skip}`",
        ),
        (
            {"overlong": {"type": "punish"}, "reward": {"model": "m", "name": "overlong"}},
            "the reward has a part called 'overlong'",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(settings, says):
    with pytest.raises(SpecError) as refused:
        parse_job(task(**settings))
    assert says in str(refused.value)
