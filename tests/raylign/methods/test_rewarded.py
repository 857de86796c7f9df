"""What a method on the reward takes of a prompt."""

import pytest
from method_cases import group, run

from raylign.methods import GRPO, RLOO

OF_A_GROUP = pytest.mark.parametrize("kind", [GRPO, RLOO], ids=lambda kind: kind.__name__)


@OF_A_GROUP
def test_without_a_bonus_it_trains_on_what_judges_could_not_tell(kind):
    chosen, skips = run(kind(), [group((5.0, None), (1.0, False))])
    assert len(chosen.terms) == 2
    assert not skips


@OF_A_GROUP
def test_a_bonus_makes_the_judges_word_a_part_of_the_reward(kind):
    plain, bonus = kind(), kind(judge_bonus=3.0)
    (one,) = (group((2.0, True), (4.0, False)),)
    assert [plain.reward_of(each) for each in one.samples] == [2.0, 4.0]
    assert [bonus.reward_of(each) for each in one.samples] == [5.0, 4.0]


@OF_A_GROUP
def test_a_response_alone_is_skipped(kind):
    chosen, skips = run(kind(), [group((None, True), (1.0, True))])
    assert chosen.terms == []
    assert skips == {"reward not finite": 1, "no group": 1}
