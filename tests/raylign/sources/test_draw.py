"""Which prompts a step takes."""

import pytest
from loop_job import PROMPTS, make_job

from raylign.errors import SpecError
from raylign.sources.draw import draw, requests


def test_an_epoch_draws_every_prompt_once_and_epochs_differ():
    task = make_job().tasks[1]  # 2 a step, 10 prompts: 5 steps an epoch
    epochs = [
        [p.id for step in range(5 * e, 5 * e + 5) for p in draw(task, PROMPTS["chat"], seed=0, step=step)]
        for e in range(2)
    ]
    assert all(sorted(epoch) == sorted(p.id for p in PROMPTS["chat"]) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_too_few_prompts_for_a_step_is_said():
    task = make_job().tasks[0]
    with pytest.raises(SpecError, match="takes 3 prompts a step, its file holds 2"):
        draw(task, PROMPTS["math"][:2], seed=0, step=0)


def test_a_step_of_a_file_without_end_is_drawn_at_once():
    task = make_job().tasks[0].model_copy(update={"prompts_per_step": 1024})
    drawn = draw(task, range(10**12), seed=0, step=10**8)
    assert len(set(drawn)) == 1024
    assert drawn == draw(task, range(10**12), seed=0, step=10**8)
    assert drawn != draw(task, range(10**12), seed=1, step=10**8)


def test_seeds_depend_on_run_purpose_prompt_and_index_alone():
    job = make_job()
    made = requests(job, job.tasks[0], PROMPTS["math"][:2], purpose="step 3", samples=2)
    again = requests(job, job.tasks[0], PROMPTS["math"][1:2], purpose="step 3", samples=2)
    assert [request.seed for request in made[2:]] == [request.seed for request in again]
    other = requests(job, job.tasks[0], PROMPTS["math"][:2], purpose="step 4", samples=2)
    assert len({request.seed for request in (*made, *other)}) == 8
    assert all(0 <= request.seed < 2**63 for request in made)
