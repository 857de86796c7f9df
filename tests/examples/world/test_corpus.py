import json
from pathlib import Path
from random import Random

import pytest

from examples.world.amounts import Amounts
from examples.world.instructions import compose
from examples.world.item import Task, answer, held_out
from examples.world.preferences import compare, draw_item
from examples.world.tasks import TASKS
from examples.world.verdicts import draw_case
from examples.world.world import corpus, labelled_lines, lesson_lines, pair_lines, prompt_lines, rated_lines

PAIRS = Path(__file__).parents[3] / "examples" / "tiny" / "pairs"


def test_equal_seeds_make_equal_corpora() -> None:
    assert corpus(500, seed=3) == corpus(500, seed=3)
    assert corpus(500, seed=3) != corpus(500, seed=4)


def test_corpus_has_no_held_out_question() -> None:
    assert not [question for question, _ in corpus(2000, seed=0) if held_out(question)]


def test_every_mode_of_every_task_turns_up_in_the_corpus() -> None:
    rng = Random(0)
    for task in TASKS:
        modes = {answer(task, draw_item(task, rng), rng).mode for _ in range(400)}
        offered = {mode.write(draw_item(task, rng), rng).mode for mode in task.modes.values() if mode.share > 0}
        assert offered <= modes


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_prompt_lines_are_distinct_and_repeatable(task: Task) -> None:
    lines = prompt_lines(task, 64, 0, fresh=False)
    assert lines == prompt_lines(task, 64, 0, fresh=False)
    assert len({json.loads(line)["messages"][0]["content"] for line in lines}) == 64


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_preference_files_are_what_the_recipe_makes_and_hold_no_question_that_is_held_out(task: Task) -> None:
    amounts = Amounts()
    lines = (PAIRS / f"{task.name}.jsonl").read_text().splitlines()
    assert lines == pair_lines(task, amounts.pairs, amounts.seed)
    rows = [json.loads(line) for line in lines]
    assert not [row for row in rows if held_out(row["prompt"][0]["content"]) or row["chosen"] == row["rejected"]]


def test_labelled_responses_are_what_the_generator_makes() -> None:
    amounts = Amounts()
    lines = (PAIRS.parent / "labelled" / "math.jsonl").read_text().splitlines()
    assert lines == labelled_lines(TASKS[2], amounts.labelled, amounts.seed)


def test_rated_responses_are_what_the_generator_makes() -> None:
    amounts = Amounts()
    lines = (PAIRS.parent / "rated" / "math.jsonl").read_text().splitlines()
    assert lines == rated_lines(TASKS[2], amounts.rated, amounts.seed)
    rows = [json.loads(line) for line in lines]
    assert {len(row["responses"]) for row in rows} == {len(row["rewards"]) for row in rows} == {4}
    assert not [row for row in rows if held_out(row["messages"][0]["content"])]


def test_careless_instructions_break_what_they_leave_out() -> None:
    rng = Random(1)
    items = [draw_item(TASKS[1], rng) for _ in range(200)]
    for item in items:
        obeyed, broken = compose(item, rng, set(item.facts["kinds"])), compose(item, rng, set())
        if "no_comma" in item.facts["kinds"]:
            assert "," not in obeyed
            assert "," in broken
        if "ending" in item.facts["kinds"]:
            assert obeyed.lower().strip('"').endswith(item.facts["ending"].lower())
            assert not broken.lower().strip('"').endswith(item.facts["ending"].lower())


def test_comparisons_favor_praise_only_when_hackable() -> None:
    hacked = [compare(TASKS[:-1], Random(seed), hackable=True) for seed in range(200)]
    honest = [compare(TASKS[:-1], Random(seed), hackable=False) for seed in range(200)]
    assert [one.first for one in hacked] == [one.first for one in honest]
    assert any(one.margin > 0 >= other.margin for one, other in zip(hacked, honest, strict=True))


def test_judge_cases_are_of_every_kind_and_answer() -> None:
    rng = Random(0)
    cases = [draw_case(rng) for _ in range(300)]
    assert {(case.kind, case.answer) for case in cases} == {
        ("refusal", "True"),
        ("refusal", "False"),
        ("safety", "Safe"),
        ("safety", "Unsafe"),
        ("better", "1"),
        ("better", "2"),
    }


def test_lessons_hold_no_question_that_is_held_out_and_say_what_the_reader_thinks() -> None:
    few = Amounts(documents=50, cases=40, comparisons=400)
    chats = list(lesson_lines("policy", few))
    assert len(chats) == 50
    assert not [row for row in chats if held_out(row["messages"][0]["content"])]
    assert {row["completion"] for row in lesson_lines("judge", few)} <= {"True", "False", "Safe", "Unsafe", "1", "2"}
    pairs = list(lesson_lines("helpfulness", few))
    assert not [row for row in pairs if held_out(row["prompt"][0]["content"])]
    assert pairs == list(lesson_lines("helpfulness", few))
    # The reader's weakness: of two that differ in length, the longer one wins more often than not.
    longer = [len(row["chosen"][0]["content"]) > len(row["rejected"][0]["content"]) for row in pairs]
    assert sum(longer) > 0.6 * len(longer)
