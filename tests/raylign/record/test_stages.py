"""A recipe's directory: what a stage makes is where the next one looks, and what is done stays done."""

import random

import pytest
from event_stream import step_done
from recipe_job import recipe

from raylign.errors import RunError
from raylign.record.events import Event
from raylign.record.events.payloads import RunEnded, of_stage
from raylign.record.rundir import RunDirectory
from raylign.record.stages import finished, settled, stage_opened, stage_path
from raylign.spec import parse_job

DONE = RunEnded(state="succeeded", message="", model=None, report=None)


@pytest.fixture
def work():
    return parse_job(recipe())


@pytest.fixture
def run(tmp_path, work):
    with RunDirectory.create(tmp_path / "run", work.model_dump(mode="json")) as opened:
        yield opened


def end(run, *, steps):
    """What a run of so many steps leaves."""
    for step in range(steps):
        run.append(Event.of(step_done(("math",), step, steps, random.Random(0)), seq=run.next_seq))
    run.append(Event.of(DONE, seq=run.next_seq))


def test_models_of_stages_are_their_directories(run, work):
    job = settled(work.stages[2], run)
    assert job.policy.model == str(run.path / "stages" / "sft" / "model")
    assert job.tasks[0].reward.model == str(run.path / "stages" / "reward" / "model")
    assert job.tasks[0].prompts == work.stages[2].tasks[0].prompts
    assert settled(work.stages[0], run) == work.stages[0]


def test_a_stage_is_an_ordinary_run_that_is_made_once_and_locked(run, work):
    with stage_opened(run, work.stages[1]) as (job, stage):
        assert stage.path == stage_path(run, "reward") == run.path / "stages" / "reward"
        assert parse_job(stage.job()) == job == settled(work.stages[1], run)
        with pytest.raises(RunError, match="in use by another run"), stage_opened(run, work.stages[1]):
            pass
        end(stage, steps=1)
    with stage_opened(run, work.stages[1]) as (again, stage):
        assert again == job
        assert [row["step"] for row in stage.metrics()] == [0]


def test_a_recipe_is_finished_once_all_its_stages_are_and_it_has_said_so(run, work):
    for job in work.stages:
        assert finished(work, run) is None
        with stage_opened(run, job) as (_, stage):
            end(stage, steps=job.steps)
    assert finished(work, run) is None
    run.append(Event.of(DONE, seq=1))
    assert finished(work, run).said == DONE
    longer = parse_job({**recipe(), "stages": [{**one, "steps": 5} for one in recipe()["stages"]]})
    assert finished(longer, run) is None


def test_a_job_is_finished_as_ever(tmp_path, work):
    job = work.stages[0]
    with RunDirectory.create(tmp_path / "job", job.model_dump(mode="json")) as run:
        assert finished(job, run) is None
        end(run, steps=job.steps)
        assert finished(job, run).said == DONE


def test_what_is_said_of_a_stage_leaves_the_recipe_s_own_metrics_alone(run):
    run.append(Event.of(of_stage(step_done(("math",), 0, 2, random.Random(0)), "sft"), seq=1))
    assert run.metrics() == []
    assert [event.said.stage for event in run.events()] == ["sft"]
