"""Who is asked about a response: programs first, and who asks a model only where its word can change something."""

import pytest
from fakes import FakeFleet, FakeJudges, make_completion, make_prompt
from loop_job import PROMPTS, make_job, take

from raylign.judges.questions.two_token import LLMJudge
from raylign.judges.rules.length import LengthJudge
from raylign.loop.evaluate import evaluate
from raylign.record.checkpoint import Checkpoints
from raylign.record.events.payloads import StepDone
from raylign.record.manifest import read_manifest
from raylign.sources.collect import Collector
from raylign.sources.hearing import Row, heard
from raylign.verdicts import NOT_NEEDED, Verdict

SHORT = LengthJudge(name="short", maximum=3)
PLAIN = LengthJudge(name="plain", maximum=9)
SAFE = LLMJudge(name="safe", model="m", template="{{ response }}", positive="y", negative="n")
PROMPT = make_prompt()


class ByJudge(FakeJudges):
    """Each judge has a word of its own on each response; ``asked`` holds (judge, response), in turns."""

    def __init__(self, calls=(), words=None):
        super().__init__(list(calls))
        self.words = words
        self.asked = []

    def word(self, judge, completion):
        if self.words is not None:
            return self.words[judge.label]
        return completion.token_ids[-1] % (3 if judge.label == "safe" else 2) > 0

    async def judge(self, asked):
        self.asked.append([(judge.label, completion.key) for _, completion, judges in asked for judge in judges])
        return [
            tuple(Verdict(judge=judge.label, satisfied=self.word(judge, completion)) for judge in judges)
            for _, completion, judges in asked
        ]


async def said(judges, *, sparing=True, **words):
    """The verdicts on one response, and who was asked in each turn."""
    fake = ByJudge(words=words)
    row = Row(prompt=PROMPT, completion=make_completion(PROMPT), judges=judges, sparing=sparing)
    (found,) = await heard(fake, [row])
    return found.verdicts, [[label for label, _ in turn] for turn in fake.asked]


@pytest.mark.parametrize(
    ("short", "sparing", "turns", "safe"),
    [
        (True, True, [["short", "plain"], ["safe"]], True),
        (None, True, [["short", "plain"], ["safe"]], True),
        (False, True, [["short", "plain"]], None),
        (False, False, [["safe", "short", "plain"]], True),
    ],
)
async def test_who_asks_a_model_is_asked_where_no_program_is_violated(short, sparing, turns, safe):
    verdicts, asked = await said((SAFE, SHORT, PLAIN), sparing=sparing, short=short, plain=True, safe=True)
    assert asked == turns
    assert [verdict.judge for verdict in verdicts] == ["safe", "short", "plain"]
    assert verdicts[0].satisfied is safe
    assert verdicts[0].reason == ("" if safe else NOT_NEEDED)


async def test_an_abstention_that_counts_as_a_violation_decides_too():
    charging = SHORT.model_copy(update={"abstain": "violated"})
    verdicts, asked = await said((charging, SAFE.model_copy(update={"abstain": "violated"})), short=None, safe=True)
    assert asked == [["short"]]
    assert [(verdict.satisfied, verdict.reason) for verdict in verdicts] == [(False, ""), (None, NOT_NEEDED)]


async def test_models_alone_are_asked_at_once():
    other = SAFE.model_copy(update={"name": "kind"})
    _, asked = await said((SAFE, other), safe=False, kind=True)
    assert asked == [["safe", "kind"]]


JUDGES = [
    {"type": "regex", "name": "even", "pattern": "."},
    {"type": "llm", "name": "safe", "model": "m", "template": "t", "positive": "y", "negative": "n"},
]


def job_of(**settings):
    document = make_job().model_dump(mode="json", exclude_none=True)
    for task in document["tasks"][:2]:
        task.update(judges=JUDGES, **settings)
    return make_job(tasks=document["tasks"])


def fleet_of(shuffle=0):
    fleet = FakeFleet(shuffle=shuffle)
    fleet.judges = ByJudge(fleet.calls)
    return fleet


async def trained(job, directory, *, shuffle=0, start=None, load=None):
    fleet, events = fleet_of(shuffle), []
    if load:
        await fleet.trainer.load(load)
    await take(job, fleet, directory, emit=events.append, start=start)
    asked = sorted(question for turn in fleet.judges.asked for question in turn if question[0] == "safe")
    return fleet.trainer.state, asked, [event for event in events if isinstance(event, StepDone)]


async def test_sparing_asks_less_and_trains_the_same(tmp_path):
    spared, some, (step, *_) = await trained(job_of(), tmp_path / "a")
    asked, all_of_them, _ = await trained(job_of(short_circuit=False), tmp_path / "b")
    assert spared == asked
    assert set(some) < set(all_of_them)
    figures = step.tasks["math"].verdicts["safe"]
    assert figures.spared == step.tasks["math"].verdicts["even"].violated > 0
    assert figures.satisfied + figures.violated + figures.spared == 12
    assert step.tasks["math"].abstained == 0


async def test_who_is_asked_does_not_depend_on_what_arrives_first(tmp_path):
    state, asked, steps = await trained(job_of(), tmp_path / "a")
    shuffled = await trained(job_of(), tmp_path / "b", shuffle=5)
    assert (state, asked) == shuffled[:2]
    assert [step.tasks for step in steps] == [step.tasks for step in shuffled[2]]


async def test_a_resumed_run_asks_what_it_would_have_asked(tmp_path):
    whole, _, steps = await trained(job_of(), tmp_path)
    path = Checkpoints(tmp_path).all()[-2]
    progress = read_manifest(path).progress
    assert progress.next_step == 4
    resumed, _, rest = await trained(job_of(), tmp_path, shuffle=3, start=progress, load=path)
    assert resumed == whole
    assert [step.tasks for step in rest] == [step.tasks for step in steps[4:]]


@pytest.mark.parametrize(
    "settings", [{"short_circuit": False}, {"enforce_judges": False}, {"reward": {"type": "rules"}}]
)
async def test_where_somebody_reads_every_word_all_are_asked(tmp_path, settings):
    _, _, (step, *_) = await trained(job_of(**settings), tmp_path)
    assert step.tasks["math"].verdicts["safe"].spared == 0


async def test_the_evaluation_asks_everybody():
    job, fleet = job_of(), fleet_of()
    found = await evaluate(job, PROMPTS, Collector(fleet.workers, {task.name: task for task in job.tasks}))
    assert all(len(turn) % 2 == 0 for turn in fleet.judges.asked)
    assert found.tasks["math"].verdicts["safe"].spared == 0
