"""Whom `raylign judge` tries: a judge, a file of one, or those of a job's task."""

from pathlib import Path

import pytest

from raylign.errors import SpecError
from raylign.spec.trial import load_trial

JOB = """
name: tiny
steps: 1
policy: {model: org/m}
tasks:
  - name: math
    prompts: {path: p.jsonl}
    reward: {model: org/rm}
    judges: [{type: math}, {type: llm, name: safe, model: org/j, template: t, positive: y, negative: n}]
    method: {type: crpg}
"""
CHAT = """
  - name: chat
    prompts: {path: p.jsonl}
    reward: {model: org/rm}
    method: {type: grpo}
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    file = tmp_path / "job.yaml"
    file.write_text(JOB)
    return file


def test_a_judge_is_written_out_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "judge.yaml"
    file.write_text("{type: length, maximum: 3}")
    for spec in (str(file), "{type: length, maximum: 3}"):
        trial = load_trial(spec)
        assert ([judge.label for judge in trial.judges], trial.of_job) == (["length"], False)
        with pytest.raises(SpecError, match="is one judge: `--task` is for a job's file"):
            load_trial(spec, task="math")


def test_a_jobs_judges_of_every_kind_are_those_of_its_task(job: Path) -> None:
    for task in (None, "math"):
        trial = load_trial(str(job), task=task)
        assert ([judge.label for judge in trial.judges], trial.of_job) == (["math", "safe"], True)
    with pytest.raises(SpecError, match="has no task 'maths': its tasks are math"):
        load_trial(str(job), task="maths")


def test_of_several_tasks_one_is_named_and_has_judges(job: Path) -> None:
    job.write_text(JOB + CHAT)
    with pytest.raises(SpecError, match="has 2 tasks: say whose judges, `--task` with one of math, chat"):
        load_trial(str(job))
    with pytest.raises(SpecError, match="task 'chat' .* has no judges to try"):
        load_trial(str(job), task="chat")
    assert len(load_trial(str(job), task="math").judges) == 2
