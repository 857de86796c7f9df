"""A file read once: its rows kept, and what must be known of them before there is a tokenizer."""

import json
from pathlib import Path

import pytest
from documents import document

from raylign.errors import SpecError
from raylign.plan.survey import check_prompts
from raylign.sources.holdout import lot
from raylign.sources.inventory import Inventory, Kept, read_rows
from raylign.spec import parse_job
from raylign.spec.task import Task

TURNS = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "h\u00e9"}]
ROWS = [{"prompt": "abc", "metadata": {"answer": "4"}}, {"messages": TURNS}, {"prompt": "abcdef"}]


@pytest.fixture
def task(tmp_path: Path) -> Task:
    for name, rows in (("learned", ROWS), ("held", ROWS[:1])):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    named = {"prompts": {"path": str(tmp_path / "learned")}, "eval_prompts": {"path": str(tmp_path / "held")}}
    (task,) = parse_job(document()).tasks
    return Task.model_validate({**task.model_dump(), **named, "prompts_per_step": 1, "baseline": None})


def test_rows_are_kept_with_their_lengths_lots_and_roles() -> None:
    inventory = Inventory()
    for row in ROWS:
        inventory.append(row)
    inventory.close()
    assert list(inventory.rows) == ROWS
    assert list(inventory.sizes) == [3, 8 + 4, 6]  # an e and its accent, taken apart, have three bytes
    assert list(inventory.lots) == [lot(row) for row in ROWS]
    assert [inventory.made[make] for make in inventory.makes] == [(), ("system", "user"), ()]


def test_the_check_keeps_what_reading_alone_would(task: Task) -> None:
    kept = Kept()
    survey, _ = check_prompts(task, onto=kept)
    assert survey.prompts == 3
    alone = read_rows(task)
    assert list(kept.prompts.rows) == list(alone.prompts.rows) == ROWS
    assert list(kept.eval_prompts.rows) == list(alone.eval_prompts.rows) == ROWS[:1]


def test_a_wrong_row_is_told_by_whoever_reads(task: Task) -> None:
    Path(task.prompts.path).write_text('{"prompt": ""}\n')
    for read in (read_rows, check_prompts):
        with pytest.raises(SpecError, match="line 1: `prompt` must be text that is not empty"):
            read(task)
