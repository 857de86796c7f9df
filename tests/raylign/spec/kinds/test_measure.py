"""A run's job as what measures a model: its judges and reward, nobody who trains, and no other prompts."""

from pathlib import Path

import pytest
from documents import document, task
from pairs_job import pairs_job
from sft_job import sft_job

from raylign.errors import SpecError
from raylign.spec import parse_job
from raylign.spec.kinds.measure import measure

ASKED = {"greedy": False, "samples": 4}


def test_it_has_who_samples_and_who_judges_alone():
    asked = task(baseline="data", eval_prompts={"path": "other.jsonl"})
    job = parse_job(asked | {"trainer": {"ranks": 8}})
    found = measure(job, "org/result", Path("/data/eval.jsonl"), task=None, **ASKED)
    assert [actors.role for actors in found.actors()] == ["rollout", "reward", "judge"]
    (one,) = found.tasks
    assert (one.prompts.path, one.eval_prompts, one.baseline_source) == ("/data/eval.jsonl", None, None)
    assert one.holdout == 0  # all of the file is measured on
    assert (one.judges, one.reward) == (job.tasks[0].judges, job.tasks[0].reward)
    assert (found.policy.model, found.evaluation.samples, found.trainer.ranks) == ("org/result", 4, 1)


@pytest.mark.parametrize("whose", ["prompts", "eval_prompts"])
def test_the_file_calls_things_as_the_tasks_files_do(whose):
    files = {"prompts": {"path": "p.csv"}, whose: {"path": "p.csv", "columns": {"prompt": "question"}}}
    found = measure(parse_job(task(**files)), "m", Path("e.csv"), task=None, **ASKED)
    assert found.tasks[0].prompts.columns == {"prompt": "question"}


@pytest.mark.parametrize(
    ("named", "says"),
    [("mth", "the run has no task 'mth': name one of math, chat"), (None, "the run has several tasks: name the one")],
)
def test_one_task_measures(named, says):
    first = document()["tasks"][0]
    job = parse_job(document(tasks=[first, {**first, "name": "chat"}]))
    with pytest.raises(SpecError, match=says):
        measure(job, "m", Path("p"), task=named, **ASKED)
    assert measure(job, "m", Path("p"), task="chat", **ASKED).tasks[0].name == "chat"


@pytest.mark.parametrize("make", [pairs_job, sft_job])
def test_runs_that_learned_from_a_file_are_measured_as_well(make):
    job = make(task={"judges": [{"type": "length", "maximum": 3}]}, evaluation={"rows": 4})
    found = measure(job, "m", Path("e.jsonl"), task=None, **ASKED)
    assert [actors.role for actors in found.actors()] == ["rollout", "judge"]
    assert (found.tasks[0].judges, found.evaluation.samples) == (job.tasks[0].judges, 4)
