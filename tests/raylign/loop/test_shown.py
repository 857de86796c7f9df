"""Which responses are shown, when, and that long ones are cut."""

from dataclasses import replace

import pytest
from fakes import make_prompt
from loop_job import make_job

from raylign.loop.shown import LONGEST, samples_shown
from raylign.spec.parts import Samples
from raylign.types import Completion, Group, Rating, Sample
from raylign.verdicts import Verdict


def group(number, task="math", text="4"):
    completion = Completion(
        prompt_id=f"{task}/{number}", index=0, text=text, token_ids=(1,), logprobs=(0.0,), finish="stop", version=0
    )
    verdicts = (Verdict(judge="even", satisfied=True), Verdict(judge="kind", satisfied=None, reason="timeout"))
    sample = Sample(completion=completion, verdicts=verdicts, reward=0.5)
    return Group(prompt=replace(make_prompt(number), task=task, question=text), samples=(sample,))


@pytest.mark.parametrize(("every", "steps"), [(0, []), (1, [0, 1, 2, 3, 4, 5]), (2, [0, 2, 4, 5]), (10, [0, 5])])
def test_they_are_shown_now_and_then_and_at_both_ends(every, steps):
    assert [step for step in range(6) if Samples(every=every).due(step, 6)] == steps


def test_a_run_of_a_million_steps_is_shown_a_thousand_times():
    due = [step for step in range(0, 1_000_000, 100) if Samples().due(step, 1_000_000)]
    assert due == list(range(0, 1_000_000, 1000))


def test_the_first_of_each_task_are_shown_with_what_was_said_of_them():
    job = make_job().model_copy(update={"samples": Samples(each=2)})
    name = job.tasks[0].name
    said = samples_shown(job, 0, [group(number, name, str(number)) for number in range(5)])
    assert [one.response for one in said.tasks[name]] == ["0", "1"]
    (one, _) = said.tasks[name]
    assert (one.satisfied, one.reward) == (None, 0.5)
    assert one.verdicts == {"even": "satisfied", "kind": "timeout"}
    assert one.rulings == {"even": True, "kind": None}


def test_the_parts_of_a_reward_are_shown_and_why_one_gave_no_number():
    job = make_job().model_copy(update={"samples": Samples(each=1)})
    task = job.tasks[0].name
    one = group(0, task)
    rules, gone = Rating(reward="rules", value=1 / 3), Rating(reward="model", value=None, reason="too long")

    def told(*ratings, reward):
        samples = (replace(one.samples[0], ratings=ratings, reward=reward),)
        (sample,) = samples_shown(job, 0, [replace(one, samples=samples)]).tasks[task]
        return sample.rewards

    assert told(rules, gone, reward=None) == {"rules": "0.3333", "model": "too long"}
    assert told(gone, reward=None) == {"model": "too long"}
    assert told(rules, reward=1 / 3) == {}


def test_a_long_text_is_cut_and_says_by_how_much():
    job = make_job()
    said = samples_shown(job, 0, [group(0, job.tasks[0].name, "x" * (LONGEST + 5))])
    (one,) = said.tasks[job.tasks[0].name]
    assert one.response == one.prompt == "x" * LONGEST + "... (5 characters more)"
