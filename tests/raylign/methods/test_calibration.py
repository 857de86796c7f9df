"""The calibrated reward."""

import pytest
from fakes import make_prompt
from method_cases import sample

from raylign.methods.calibration import calibrated_reward


def test_calibrated_reward_is_the_sigmoid_of_the_difference():
    prompt = make_prompt()
    better, worse = sample(prompt, 0, reward=2.0), sample(prompt, 1, reward=0.5)
    assert calibrated_reward(better, worse) == pytest.approx(0.8175744761936437, abs=1e-15)
    assert calibrated_reward(worse, better) == pytest.approx(0.18242552380635635, abs=1e-15)
    assert calibrated_reward(better, better) == 0.5
    assert calibrated_reward(sample(prompt, 0, reward=1e6), sample(prompt, 1, reward=-1e6)) == 1.0
    assert calibrated_reward(sample(prompt, 0, reward=-1e6), sample(prompt, 1, reward=1e6)) == 0.0
