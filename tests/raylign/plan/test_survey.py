"""What one pass over a prompts file gathers."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from raylign.judges.judge import Judge
from raylign.judges.kinds import AnyJudge
from raylign.plan.survey import Survey, survey_prompts
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
