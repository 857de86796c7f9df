"""Events as they lie on disk: those of the first version are read as they were, and are written as they were."""

import json
import math

import pytest
from event_stream import evaluated, event_stream
from pydantic import ValidationError

from raylign.record.events import Event
from raylign.record.events.payloads import CheckpointSaved, EvaluationDone, PlanMade, RunEnded, Status, StepDone, Warned
from raylign.record.history import History, kl, satisfied
from raylign.record.metrics import flat_metrics
from raylign.record.rundir import RunDirectory
from raylign.show.report import write_report

FIRST_VERSION = """\
{"seq":1,"time":1790000001.25,"kind":"status","data":{"phase":"starting Ray","detail":""}}
{"seq":2,"time":1790000002.5,"kind":"plan","data":{"job":"first","steps":2,"device":"cpu","tasks":[{"name":"math","method":"crpg","judges":["answer"],"reward":"helpfulness","prompts":40,"prompts_per_step":2,"samples_per_prompt":4,"samples":8,"max_tokens":24,"weight":1.0,"kl_max":5.0}],"actors":[{"name":"policy/0","role":"policy","index":0,"cpus":0.25,"gpus":0.0,"threads":2,"model":"tiny/policy","memory_bytes":751619276.8},{"name":"judge/0","role":"judge","index":0,"cpus":0.25,"gpus":0.0,"threads":2,"model":"","memory_bytes":1127428915.2}],"samples_per_step":8,"tokens_per_step":260,"microbatches_per_step":1,"checkpoint_bytes":1677824,"max_staleness":0,"job_id":"first-1","dashboard":"127.0.0.1:8265","run_dir":"/runs/first"}}
{"seq":3,"time":1790000003.0,"kind":"evaluation","data":{"step":0,"tasks":{"math":{"satisfied":0.25,"abstained":0.0,"truncated":0.125,"reward":-0.5,"kl":0.0,"tokens":11.5,"judges":{"answer":0.25},"samples":[{"prompt":"What is 23 + 45?","response":"67","satisfied":false,"reward":-1.0,"verdicts":{"answer":"67 is not 68"}},{"prompt":"2 + 2?","response":"","satisfied":null,"reward":null,"verdicts":{"answer":"no answer"}}]}}}}
{"seq":4,"time":1790000004.0,"kind":"step","data":{"step":0,"steps":2,"version":1,"staleness":0,"tasks":{"math":{"satisfied":0.5,"abstained":0.125,"truncated":0.0,"reward":0.75,"kl":0.25,"tokens":10.5,"judges":{"answer":0.625,"never":null},"calibrated":0.5,"examples":7,"skips":{"timeout":1}}},"train":{"loss":0.125,"grad_norm":1.5,"learning_rate":0.0001,"logprob_gap_max":3e-06,"logprob_gap_mean":4e-07,"padding":0.25},"seconds":{"draw":0.5,"generate":1.0},"step_s":2.0,"tokens":84,"tokens_per_s":42.0}}
{"seq":5,"time":1790000005.0,"kind":"checkpoint","data":{"step":1,"path":"/runs/first/checkpoints/step-1"}}
{"seq":6,"time":1790000006.0,"kind":"step","data":{"step":1,"steps":2,"version":1,"staleness":0,"tasks":{"math":{"satisfied":null,"abstained":null,"truncated":null,"reward":null,"kl":null,"tokens":null,"judges":{},"calibrated":null,"examples":0,"skips":{"no satisfied":2}}},"train":{},"seconds":{"draw":0.5},"step_s":1.0,"tokens":0,"tokens_per_s":0.0}}
{"seq":7,"time":1790000007.0,"kind":"warning","data":{"message":"task 'math': 20% of 80 responses were cut"}}
{"seq":8,"time":1790000008.0,"kind":"end","data":{"state":"succeeded","message":"2 steps","model":"/runs/first/model","report":"/runs/first/report.html"}}
"""  # noqa: E501
FIRST_METRICS = {
    "math/satisfied": 0.5, "math/abstained": 0.125, "math/truncated": 0.0, "math/reward": 0.75, "math/kl": 0.25,
    "math/tokens": 10.5, "math/judges/answer": 0.625, "math/judges/never": None, "math/calibrated": 0.5,
    "math/examples": 7.0, "math/skips/timeout": 1.0, "version": 1.0, "staleness": 0.0, "train/loss": 0.125,
    "train/grad_norm": 1.5, "train/learning_rate": 0.0001, "train/logprob_gap_max": 3e-06,
    "train/logprob_gap_mean": 4e-07, "train/padding": 0.25, "seconds/draw": 0.5, "seconds/generate": 1.0,
    "step_s": 2.0, "tokens": 84.0, "tokens_per_s": 42.0,
}  # fmt: skip
SINCE = (
    "weighed",
    "method",
    "held_out",
    "prompts",
    "rewards",
    "asked",
    "verdicts",
    "canaries",
    "pass_at",
    "held_out",
    "grad_norm_by_task",
    "loss_metrics",
    "method",
)
"""What is said of a task, and of training, since then."""


@pytest.fixture
def first(tmp_path) -> RunDirectory:
    """The directory that a run of the first version left."""
    run = RunDirectory(tmp_path)
    run.job_path.write_text('{"name": "first", "steps": 2}')
    run.events_path.write_text(FIRST_VERSION)
    run.metrics_path.write_text('{"step":0}\n{"step":1}\n')
    return run


def test_events_of_the_first_version_are_read(first):
    events = list(first.events())
    kinds = (Status, PlanMade, EvaluationDone, StepDone, CheckpointSaved, StepDone, Warned, RunEnded)
    assert tuple(type(event.said) for event in events) == kinds
    assert flat_metrics(events[3].said) == {**FIRST_METRICS, "math/prompts": None}
    assert events[5].said.train is None
    history = History()
    for event in events:
        history.add(event)
    assert (history.name, history.state, history.done, history.total) == ("first", "succeeded", 2, 2)
    assert (history.limit("math"), history.change("math", kl)[1]) == (5.0, 0.25)
    assert history.start("math", satisfied) == 0.5


def test_they_are_written_as_they_were(first):
    """But for what has been added; and a plan's parts are in another order."""
    for event in first.events():
        data = Event.of(event.said, seq=event.seq).data
        if isinstance(event.said, CheckpointSaved):
            del data["seconds"]
        if not isinstance(event.said, PlanMade):
            tasks = list(data.get("tasks", {}).values())
            for sample in [sample for task in tasks for sample in task.get("samples", ())]:
                del sample["rulings"], sample["rewards"]
            for part in (*tasks, data.get("train", {})):
                for name in SINCE:
                    part.pop(name, None)
        assert data == event.data
        if not isinstance(event.said, PlanMade):
            assert json.dumps(data) == json.dumps(event.data)


def test_a_run_of_the_first_version_has_a_report_and_is_resumed(first):
    page = write_report(first).read_text()
    for words in ("67 is not 68", "1.05 GiB", "succeeded", "samples a step", "/runs/first/model"):
        assert words in page
    with RunDirectory.open(first.path) as run:
        assert run.next_seq == 9
        assert run.finished(2).said == RunEnded(
            state="succeeded", message="2 steps", model="/runs/first/model", report="/runs/first/report.html"
        )


def test_a_payload_comes_back_as_it_was_said():
    for event in event_stream(steps=3):
        line = event.model_dump_json()
        assert Event.model_validate_json(line) == event
        assert Event.of(event.said, seq=event.seq, time=event.time) == event


def test_what_is_not_a_number_is_not_known():
    said = EvaluationDone(step=0, tasks={"math": evaluated(satisfied=math.nan, kl=math.inf, reward=1.0)})
    (task,) = Event.of(said, seq=1).said.tasks.values()
    assert (task.satisfied, task.kl, task.reward) == (None, None, 1.0)


def test_what_another_version_says_is_kept_and_read_as_far_as_it_is_known():
    data = {"message": "x", "worker": {"rank": 3}}
    event = Event.model_validate({"seq": 1, "time": 1.0, "kind": "warning", "data": data, "host": "a"})
    assert (event.said, event.data) == (Warned(message="x"), data)
    later = Event(seq=2, time=1.0, kind="rollback", data={"to": 3})
    assert later.said is None
    assert Event.model_validate_json(later.model_dump_json()) == later


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("step", {}),
        ("step", {"step": True}),
        ("step", {"step": 1.5}),
        ("step", {"step": 2**70}),
        ("step", {"step": 1, "tasks": {"math": 3}}),
        ("evaluation", {"step": 1, "tasks": [1]}),
        ("checkpoint", {"path": "x"}),
        ("end", {"state": ["succeeded"]}),
    ],
)
def test_what_cannot_be_read_says_nothing(kind, data):
    assert Event(seq=1, kind=kind, data=data).said is None


@pytest.mark.parametrize("kind", ["", "Step", "end\n\ndata: x", "a" * 17, 3, None])
def test_a_kind_is_a_word(kind):
    with pytest.raises(ValidationError):
        Event(seq=1, kind=kind, data={})
