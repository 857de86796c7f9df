"""Canaries: which ride with which responses, unseen by judge and training, and what is not a file of them."""

import json
from dataclasses import replace

import pytest
from fakes import FakeFleet, FakeJudges, make_completion, make_prompt
from loop_job import PROMPTS, make_job, take

from raylign import bounds
from raylign.errors import SpecError
from raylign.judges.rules.length import LengthJudge
from raylign.record.checkpoint import Checkpoints
from raylign.record.events.payloads import StepDone, Warned
from raylign.record.manifest import read_manifest
from raylign.sources.canaries import Canary, Flock, read_canaries
from raylign.sources.draw import requests
from raylign.verdicts import Verdict

SHORT = LengthJudge(name="short", canaries={"path": "c", "rate": 0.25})
PLAIN = LengthJudge(name="plain")
ASKING = {"type": "llm", "name": "safe", "model": "m", "template": "t", "positive": "y", "negative": "n"}
CANARIES = [
    Canary(
        prompt=make_prompt("math", 90 + number),
        completion=make_completion(make_prompt(), None, version=None, logprob=None, text=f"canary {number}"),
        gold=number % 2 == 0,
    )
    for number in range(4)
]


def job_of(*judges, **settings):
    document = make_job(evaluation={"prompts": 0}).model_dump(mode="json", exclude_none=True)
    document["tasks"] = document["tasks"][:1]
    document["tasks"][0]["judges"] = judges
    return make_job(tasks=document["tasks"], evaluation={"prompts": 3}, **settings)


def flock_of(rate=0.25):
    task = make_job().tasks[0]
    judge = SHORT.model_copy(update={"canaries": SHORT.canaries.model_copy(update={"rate": rate})})
    task = task.model_copy(update={"judges": (judge, PLAIN)})
    return task, Flock([task], {("math", "short"): CANARIES}, {"math": 10})


def asked_of(task, step=0, prompts=10, samples=100):
    return requests(make_job(), task, PROMPTS["math"][:prompts], purpose=f"step {step}", samples=samples)


@pytest.mark.parametrize("rate", [0.02, 0.25, 0.5])
def test_as_many_ride_as_the_rate_says_and_always_the_same_ones(rate):
    task, flock = flock_of(rate)
    riders = [flock.riders(request, task.judges) for request in asked_of(task)]
    assert sum(map(len, riders)) == pytest.approx(1000 * rate, rel=0.35)
    assert riders == [flock.riders(request, task.judges) for request in asked_of(task)]
    assert riders != [flock.riders(request, task.judges) for request in asked_of(task, step=1)]


def test_a_rider_looks_like_a_response_of_the_task():
    """By all that a judge could see: its prompt's name and task, its index; on either side of the response."""
    task, flock = flock_of(0.5)
    found = [rider for request in asked_of(task) for rider in flock.riders(request, task.judges)]
    own = {prompt.id for prompt in PROMPTS["math"]}
    assert {rider.prompt.id for rider in found} == {rider.completion.prompt_id for rider in found} == own
    assert {rider.prompt.task for rider in found} == {"math"}
    assert {rider.judge.label for rider in found} == {"short"}
    assert {rider.completion.text for rider in found} == {f"canary {number}" for number in range(4)}
    assert 0.4 < sum(rider.ahead for rider in found) / len(found) < 0.6
    assert all(rider.gold == (int(rider.completion.text[-1]) % 2 == 0) for rider in found)


def test_a_judge_without_canaries_and_one_that_the_prompt_does_not_have_get_none():
    task, flock = flock_of(0.5)
    assert not any(flock.riders(request, (PLAIN,)) for request in asked_of(task))


class Seeing(FakeJudges):
    """The fake's words, and all that was asked; of canaries, right but for those of ``wrong``."""

    def __init__(self, calls, wrong=()):
        super().__init__(calls)
        self.wrong = wrong
        self.asked = []

    async def judge(self, asked):
        self.asked += [
            (judge.label, completion.text, prompt.id) for prompt, completion, judges in asked for judge in judges
        ]
        said = await super().judge(asked)
        return [
            tuple(self._canary(completion, verdict) for verdict in verdicts)
            for (_, completion, _), verdicts in zip(asked, said, strict=True)
        ]

    def _canary(self, completion, verdict):
        if not completion.text.startswith("canary"):
            return verdict
        right = int(completion.text[-1]) % 2 == 0
        return Verdict(judge=verdict.judge, satisfied=right != (completion.text in self.wrong))


async def trained(job, directory, *, wrong=(), shuffle=0, start=None, load=None):
    fleet, events = FakeFleet(shuffle=shuffle), []
    fleet.judges = Seeing(fleet.calls, wrong)
    if load:
        await fleet.trainer.load(load)
    canaries = {("math", judge.label): CANARIES for judge in job.tasks[0].judges if judge.canaries}
    await take(job, fleet, directory, emit=events.append, start=start, canaries=canaries)
    return fleet, events


def steps_of(events):
    return [event for event in events if isinstance(event, StepDone)]


EVEN = {"type": "regex", "name": "even", "pattern": "."}
WATCHED = {"path": "c", "rate": 0.5}


async def test_nothing_is_trained_on_them_and_no_figure_counts_them(tmp_path):
    plain, events = await trained(job_of(EVEN, ASKING), tmp_path / "a")
    job = job_of({**EVEN, "canaries": WATCHED}, {**ASKING, "canaries": WATCHED})
    watched, also = await trained(job, tmp_path / "b")
    assert plain.trainer.state == watched.trainer.state
    assert [replace(step.tasks["math"], canaries={}) for step in steps_of(also)] == [
        step.tasks["math"] for step in steps_of(events)
    ]
    slipped = [(label, text) for label, text, _ in watched.judges.asked if text.startswith("canary")]
    assert {label for label, _ in slipped} == {"even", "safe"}
    seen = [figures for step in steps_of(also) for figures in step.tasks["math"].canaries.values()]
    assert sum(figures.asked for figures in seen) == len(slipped)
    assert {figures.agreement for figures in seen} == {1.0}


async def test_order_of_arrival_and_resuming_change_nothing_about_them(tmp_path):
    job = job_of({**EVEN, "canaries": WATCHED}, {**ASKING, "canaries": WATCHED})
    first, events = await trained(job, tmp_path / "a", wrong=["canary 1"])
    second, others = await trained(job, tmp_path / "b", wrong=["canary 1"], shuffle=3)
    assert sorted(first.judges.asked) == sorted(second.judges.asked)
    assert [step.tasks for step in steps_of(events)] == [step.tasks for step in steps_of(others)]
    path = Checkpoints(tmp_path / "a").all()[-2]
    start = read_manifest(path).progress
    _, rest = await trained(job, tmp_path / "a", wrong=["canary 1"], start=start, load=path)
    assert [step.tasks for step in steps_of(rest)] == [step.tasks for step in steps_of(events)][start.next_step :]


async def test_a_judge_that_errs_on_them_raises_the_alarm(tmp_path):
    job = job_of({**EVEN, "canaries": WATCHED}, steps=8)
    _, events = await trained(job, tmp_path, wrong=["canary 1", "canary 3"])
    messages = [event.message for event in events if isinstance(event, Warned) and "canaries" in event.message]
    assert len(messages) == 1
    assert "task 'math': judge 'even' is right about" in messages[0]
    assert "satisfied what is violated" in messages[0]


def lines(tmp_path, *rows):
    path = tmp_path / "canaries.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def task_of(path, **judge):
    return make_job().tasks[0], LengthJudge(name="short", canaries={"path": str(path)}, **judge)


def test_a_file_is_read_row_by_row_in_the_policys_tokens(tmp_path):
    rows = [
        {"prompt": "Hi", "response": "a b", "gold": True},
        {"messages": [{"role": "user", "content": "Ho"}], "response": "", "gold": False, "metadata": {"x": 1}},
    ]
    found = list(read_canaries(*task_of(lines(tmp_path, *rows)), lambda text: [1] * len(text)))
    assert [(one.prompt.question, one.completion.text, one.gold) for one in found] == [
        ("Hi", "a b", True), ("Ho", "", False),
    ]  # fmt: skip
    assert [len(one.completion.token_ids) for one in found] == [3, 0]
    assert [dict(one.prompt.metadata) for one in found] == [{}, {"x": 1}]
    assert list(read_canaries(make_job().tasks[0], PLAIN)) == []


def test_a_tasks_system_stands_before_them_too(tmp_path):
    task, judge = task_of(lines(tmp_path, {"prompt": "Hi", "response": "a b", "gold": True}))
    (canary,) = read_canaries(task.model_copy(update={"system": "Be kind."}), judge)
    assert [turn["role"] for turn in canary.prompt.messages] == ["system", "user"]
    assert canary.prompt.question == "Hi"


@pytest.mark.parametrize(
    ("rows", "judge", "message"),
    [
        ([{"response": "a"}], {}, "line 1: a canary of judge 'short' of task 'math' needs `gold`, true or false"),
        ([{"response": "a", "gold": 1}], {}, "needs `gold`"),
        ([{"gold": True}], {}, "line 1 has no `response`"),
        ([{"response": "a", "gold": True}], {"when": {"x": 1}}, "never asked about such a row: its `when` is"),
        ([], {}, "holds no canaries for judge 'short' of task 'math'"),
        ([{"response": "a", "prompt": 3, "gold": True}], {}, "`prompt` must be a text, it is int"),
        ([{"response": "a", "messages": ["x"], "gold": True}], {}, "a turn of `messages` is"),
        ([{"response": "a", "messages": 7, "gold": True}], {}, "`messages` must be a list of turns, it is int"),
    ],
)
def test_a_row_that_tells_nothing_is_named(tmp_path, rows, judge, message):
    with pytest.raises(SpecError) as error:
        list(read_canaries(*task_of(lines(tmp_path, *rows), **judge)))
    assert message in str(error.value)
    assert "canaries.jsonl" in str(error.value)


def test_a_file_without_end_is_not_read_to_the_end(tmp_path):
    path = lines(tmp_path, *[{"response": "a", "gold": True}] * (bounds.CANARIES + 5))
    with pytest.raises(SpecError, match="more than 10000 canaries"):
        list(read_canaries(*task_of(path)))
