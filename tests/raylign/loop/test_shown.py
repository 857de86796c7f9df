"""Which responses are shown, when, and that long ones are cut."""

import json
from dataclasses import replace

import pytest
from fakes import make_prompt
from loop_job import make_job

from raylign.loop.shown import LONGEST, ROOM, TOGETHER, samples_shown, shown
from raylign.record.events.payloads import wire
from raylign.record.lines import json_line
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
    (said,) = samples_shown(job, 0, [group(number, name, str(number)) for number in range(5)])
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
        ((sample,),) = (said.tasks[task] for said in samples_shown(job, 0, [replace(one, samples=samples)]))
        return sample.rewards

    assert told(rules, gone, reward=None) == {"rules": "0.3333", "model": "too long"}
    assert told(gone, reward=None) == {"model": "too long"}
    assert told(rules, reward=1 / 3) == {}


def test_a_long_text_is_cut_and_says_by_how_much():
    job = make_job()
    (said,) = samples_shown(job, 0, [group(0, job.tasks[0].name, "x" * (LONGEST + 5))])
    (one,) = said.tasks[job.tasks[0].name]
    assert one.response == one.prompt == "x" * LONGEST + "... (5 characters more)"


@pytest.mark.parametrize("letter", ["x", "\N{GRINNING FACE}"])
def test_events_can_be_reported_whatever_is_written_and_however_much_is_shown(letter):
    job = make_job().model_copy(update={"samples": Samples(each=10_000)})
    name = job.tasks[0].name
    groups = [group(number, name, letter * (LONGEST + number)) for number in range(2 * TOGETHER + 1)]
    said = list(samples_shown(job, 0, groups))
    assert [len(one.tasks[name]) for one in said] == [TOGETHER, TOGETHER, 1]
    assert all(len(json_line(wire(one))) < 1.2 * ROOM for one in said)
    (last,) = said[-1].tasks[name]
    assert last.response.startswith(letter * LONGEST)
    first = said[0].tasks[name][0].response
    assert (first == letter * LONGEST) == (letter == "x")
    assert first.startswith(letter * 1000)


def test_what_judges_say_takes_no_more_room_than_there_is():
    verdicts = tuple(
        Verdict(judge=str(number), satisfied=False, reason="\N{GRINNING FACE}" * 9000) for number in range(32)
    )
    one = group(0)
    said = shown(replace(one, samples=(replace(one.samples[0], verdicts=verdicts),)), among=384)
    assert sum(len(json.dumps(word)) for word in said.verdicts.values()) < ROOM / 384
