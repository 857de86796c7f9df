import pytest
from fakes import make_completion, make_prompt

from raylign.judges.annotator import RewardAnnotator
from raylign.types import Preference, Sample

PROMPT = make_prompt()


def rewarded(*rewards: float | None) -> list[Sample]:
    return [
        Sample(completion=make_completion(PROMPT, index), verdicts=(), reward=reward)
        for index, reward in enumerate(rewards)
    ]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (2.0, 1.0, Preference(probability=1.0)),
        (1.0, 2.0, Preference(probability=0.0)),
        (1.0, 1.0, Preference(probability=None, reason="tie")),
        (None, 1.0, Preference(probability=None, reason="reward abstained")),
        (1.0, None, Preference(probability=None, reason="reward abstained")),
    ],
)
def test_the_higher_reward_is_preferred(first: float | None, second: float | None, said: Preference) -> None:
    assert RewardAnnotator().prefer(*rewarded(first, second)) == said


def test_it_goes_by_rewards_and_asks_nobody() -> None:
    assert RewardAnnotator().needs_reward
    assert RewardAnnotator().asks() == ()
