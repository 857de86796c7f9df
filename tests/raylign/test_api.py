"""The command line's words from Python, as far as they go without Ray; examples/first-job.ipynb runs a job by them."""

import subprocess
import sys

import pytest
from documents import document
from event_stream import event_stream
from jobs import EXAMPLES, small_job

import raylign
from raylign.errors import RunError, SpecError
from raylign.record.rundir import RunDirectory


def test_a_job_is_loaded_from_a_file_or_a_document_with_settings(tmp_path, monkeypatch):
    job = raylign.load(EXAMPLES / "crpg.yaml", "steps=7", "tasks.math.weight=2")
    assert (job.steps, job.tasks[0].weight) == (7, 2.0)
    assert raylign.check(job).prompts["math"] == 256
    monkeypatch.chdir(tmp_path)
    assert raylign.load(document(), "steps=9").tasks[0].prompts.path == str(tmp_path / "math.jsonl")
    with pytest.raises(SpecError, match="did you mean 'math'"):
        raylign.load(EXAMPLES / "crpg.yaml", "tasks.mth.weight=2")


def test_a_run_directory_tells_what_came_of_it(tmp_path):
    with RunDirectory.create(tmp_path / "run", document()) as made:
        for event in event_stream(steps=3, tasks=("math",)):
            made.append(event)
    run = raylign.Run(tmp_path / "run")
    assert (run.path, run.job().name) == (tmp_path / "run", "tiny")
    assert [row["step"] for row in run.metrics()] == [0, 1, 2]
    assert [found.step for found in run.samples(task="math", count=2)] == [3, 3]
    with pytest.raises(SpecError, match="holds no run"):
        raylign.Run(tmp_path)


def test_what_the_driver_refuses_is_raised_in_its_words(tmp_path):
    job = raylign.load(small_job(tmp_path, "crpg"))
    with RunDirectory.create(tmp_path / "run", document()), pytest.raises(RunError, match="is in use by another run"):
        raylign.run(job, tmp_path / "run", show=False)


def test_nothing_is_imported_before_it_is_asked_for():
    told = "import sys, raylign; print([m for m in ('pydantic', 'httpx', 'rich') if m in sys.modules], raylign.Client)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    assert done.stdout == "[] <class 'raylign.service.client.Client'>\n", done.stderr
    with pytest.raises(AttributeError, match="module 'raylign' has no attribute 'lod'; it has Client, Run"):
        raylign.lod  # noqa: B018
