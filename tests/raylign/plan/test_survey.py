"""What one pass over a prompts file gathers."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from documents import document
from pydantic import TypeAdapter

from raylign.errors import SpecError
from raylign.judges.judge import Judge
from raylign.judges.kinds import AnyJudge
from raylign.plan.survey import Survey, silent_rewards, survey_prompts
from raylign.rewards.constant import ConstantReward
from raylign.rewards.rules import RulesReward
from raylign.spec import parse_job
from raylign.spec.prompts import Prompts

JUDGES: tuple[Judge, ...] = TypeAdapter(tuple[AnyJudge, ...]).validate_python(
    [{"type": "math", "when": {"kind": "sum"}}, {"type": "length", "maximum": 9, "unit": "words"}]
)


@pytest.fixture
def prompts(tmp_path: Path) -> Prompts:
    turns: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
    rows: list[dict[str, Any]] = [
        {"prompt": "abc", "metadata": {"kind": "sum", "answer": "4"}},
        {"prompt": "abcdef", "metadata": {"kind": "sum", "answer": None}},
        {"messages": turns},
    ]
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Prompts(path=str(path))


def test_prompts_are_counted_and_measured_and_so_is_what_judges_miss(prompts: Prompts) -> None:
    survey = survey_prompts(prompts, JUDGES)
    turns = len("[{'role': 'user', 'content': 'Hi'}]")
    assert (survey.prompts, survey.characters, survey.longest, survey.whole) == (3, 9 + turns, turns, True)
    assert survey.asked == {"math": 2, "length": 3}
    assert (survey.lacking["math"], survey.lacking["length"]) == (1, 0)


def test_time_that_is_up_leaves_it_at_what_was_read(prompts: Prompts) -> None:
    survey = survey_prompts(prompts, JUDGES, until=time.monotonic() - 1)
    assert (survey.prompts, survey.whole) == (1, False)
    assert survey_prompts(prompts, JUDGES, until=time.monotonic() + 60).whole


def test_tokens_are_reckoned_from_characters() -> None:
    survey = Survey(prompts=2, characters=10, longest=7, asked={}, lacking={}, whole=True)
    assert (survey.tokens, survey.longest_tokens) == (2, 1)


def test_prompts_that_no_judge_of_the_reward_applies_to_have_no_reward(prompts: Prompts) -> None:
    """The length judge applies to all three prompts, the math judge to two; a constant goes by none."""
    parts = [RulesReward(), RulesReward(name="sums", weights={"math": 1.0}), ConstantReward()]
    survey = survey_prompts(prompts, JUDGES, parts)
    assert survey.silent == {"sums": 1}
    task = parse_job(document()).tasks[0].model_copy(update={"prompts": prompts})
    (said,) = silent_rewards(task, survey)
    assert "none applies to 1 of the 3 prompts" in said
    with pytest.raises(SpecError, match="none applies to any prompt"):
        list(silent_rewards(task, survey_prompts(prompts, (), parts[1:])))
