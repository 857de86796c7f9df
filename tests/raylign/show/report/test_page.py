"""The report: one page, whole by itself."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from event_stream import HOSTILE, LONG, event_stream, failed_at_start, full_of_holes, plan

from raylign.clock import PHASES
from raylign.errors import SpecError
from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone, StepDone
from raylign.record.events.tasks import TaskEvaluation
from raylign.record.history import History
from raylign.record.rundir import RunDirectory
from raylign.show.report import write_report

JOB = {"name": "tiny-cgpo", "steps": 60, "policy": {"model": "tiny/policy"}}


STREAMS = {
    "whole": lambda: event_stream(),
    "no evaluation": lambda: event_stream(evaluate=False),
    "failed at start": failed_at_start,
    "no event at all": lambda: [],
    "holes": full_of_holes,
    "hostile": lambda: event_stream(steps=6, text=HOSTILE),
    "long": lambda: event_stream(steps=6, text=LONG),
    "twelve tasks": lambda: event_stream(steps=6, tasks=tuple(f"task-number-{at}" for at in range(12))),
    "a plan that says nothing": lambda: [event for event in event_stream(steps=6) if event.kind != "plan"],
    "one evaluation": lambda: list(event_stream(steps=6))[:9],
}


VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def report(tmp_path, events) -> str:
    with RunDirectory.create(tmp_path / "run", JOB) as run:
        for event in events:
            run.append(event)
        return write_report(run).read_text(encoding="utf-8")


def folded(events) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


@pytest.mark.parametrize("name", STREAMS)
def test_every_run_has_a_page_that_needs_nothing_else(tmp_path, name):
    html = report(tmp_path, STREAMS[name]())
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not [value for attribute, value in page.attributes if attribute in ("src", "href") and value[:1] != "#"]
    assert "http" not in html.replace("http-equiv", "")
    assert "tiny-cgpo" in page.text
    assert "nan" not in page.text.lower().split()


def test_the_page_tells_what_was_asked_and_what_came_out(tmp_path):
    text = Page(report(tmp_path, event_stream())).text
    for fact in (
        "Asked: 60 steps of CODPO, CRPG, CRRAFT on 5 tasks from tiny/policy",
        "rose on every task; the mean change is +25 points",
        "within its limit",
        "53% → 78%",
        "deadline of 5 s",
        "judge answer 50% → 80%",
        "skipped, timeout 60",
        "answer 2880 840 timeout 120 0 12.5 ms 250 ms",
        "seconds of a verdict, answer",
        "canary agreement, answer",
        "multiplier/answer",
        "pass@8 50% → 90%",
        "reward, helpfulness",
        "reward helpfulness 0.40 → 1.20",
        "reward length -0.40 → -0.40",
        "AutoModelForCausalLM.from_pretrained('runs/tiny/model')",
        "60 steps in 0:4",
        "16 × 4",
        "rollout/0",
        "device cpu",
        "samples a step 320",
        "tokens a step, at most about 6000",
        "a checkpoint, about 2.00 GiB",
        "1.50 GiB tiny/policy",
        "unknown tiny/helpfulness",
    ):
        assert fact in text


def test_samples_stand_side_by_side(tmp_path):
    text = Page(report(tmp_path, event_stream(tasks=("math",)))).text
    assert "math: what is 4 + 7? before ✗ violated reward -0.30 I think 4? Who knows!" in text
    assert "after ✓ satisfied reward 0.70 The answer is 11." in text
    assert "? no verdict" in text


def test_a_prompt_that_comes_twice_keeps_both_responses(tmp_path):
    html = report(tmp_path, event_stream(steps=2, tasks=("math",), text="same words"))
    assert Page(html).text.count("before ? no verdict") == 1
    assert Page(html).attributes.count(("class", "sample")) == 3


def test_model_text_stays_text(tmp_path):
    html = report(tmp_path, event_stream(steps=2, text=HOSTILE))
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "{{ 7 * 7 }}" in html
    assert not set(html) & {"\x1b", "\x07", "\x9b", "\u202e"}


@pytest.mark.parametrize(
    ("link", "followed"),
    [("https://wandb.example/runs/1", True), ("javascript:alert(1)", False), ("wandb sync runs/x", False)],
)
def test_of_what_trackers_say_only_addresses_can_be_followed(tmp_path, link, followed):
    page = Page(report(tmp_path, event_stream(steps=2, text=link)))
    assert (("href", link) in page.attributes) is followed
    assert link in page.words


def test_a_hostile_job_stays_text(tmp_path):
    with RunDirectory.create(tmp_path, {"name": "<b>x</b>", "policy": {"model": "</pre><script>\u202e\x9b31m"}}) as run:
        html = write_report(run).read_text()
    assert "<b>x" not in html
    assert not set(html) & {"\u202e", "\x9b"}
    assert "<script>" not in html


def test_long_texts_are_cut(tmp_path):
    assert len(report(tmp_path, event_stream(steps=2, text=LONG))) < 500_000


def test_the_whole_job_document_is_kept(tmp_path):
    job = {**JOB, "tasks": [{"name": f"task-{at}", "note": "n" * 90} for at in range(50)]}
    with RunDirectory.create(tmp_path, job) as run:
        assert "task-49" in Page(write_report(run).read_text()).text


def test_a_run_without_evaluations_says_where_its_figures_come_from(tmp_path):
    assert "was not evaluated before and after" in Page(report(tmp_path, event_stream(evaluate=False))).text


def test_writing_again_replaces_the_page(tmp_path):
    with RunDirectory.create(tmp_path, JOB) as run:
        events = list(event_stream(steps=4))
        for event in events[:-1]:
            run.append(event)
        assert "has not ended" in write_report(run).read_text()
        run.append(events[-1])
        assert "finished its 4 of 4 steps" in write_report(RunDirectory(tmp_path)).read_text()
    assert not list(tmp_path.glob("*.tmp"))


def test_no_run_no_report(tmp_path):
    with pytest.raises(SpecError, match="holds no run"):
        write_report(RunDirectory(tmp_path))


def change(before: dict[str, TaskEvaluation], after: dict[str, TaskEvaluation], *, kl_max: float = 5.0) -> History:
    planned = plan(tuple(before), 5)
    tasks = tuple(task.model_copy(update={"kl_max": kl_max}) for task in planned.tasks)
    said = (
        planned.model_copy(update={"tasks": tasks}),
        EvaluationDone(step=0, tasks=before),
        EvaluationDone(step=5, tasks=after),
    )
    return folded(Event.of(one, seq=at) for at, one in enumerate(said, start=1))


def test_shares_and_changes_stand_with_their_intervals(tmp_path):
    text = Page(report(tmp_path, event_stream(tasks=("math",), steps=2))).text
    assert "45% → 70% (36 to 55 → 60 to 78)" in text
    assert "+25 +11 to +37" in text
    assert "judge answer 50% → 80% (37 to 63 → 67 to 89)" in text
    assert "95 % confidence" in text


def test_training_steps_stand_in_with_the_prompts_of_their_window(tmp_path):
    history = folded(event_stream(tasks=("math",), evaluate=False))
    assert history.prompts("math") == (48, 48)
    assert "95 % confidence" in Page(report(tmp_path, event_stream(evaluate=False))).text


def test_job_is_shown_as_sent(tmp_path):
    with RunDirectory.create(tmp_path, JOB) as run:
        text = Page(write_report(run).read_text()).text
    assert " ".join(json.dumps(JOB, indent=2).split()) in text


def test_gradient_norms_stand_by_task_where_they_are_told(tmp_path):
    told = Page(report(tmp_path, event_stream(steps=4, tasks=("math", "code")))).text
    assert told.count("gradient norm") == 1 + 2
    silent = [
        Event.of(replace(event.said, train=replace(event.said.train, grad_norm_by_task={})), seq=event.seq)
        if isinstance(event.said, StepDone)
        else event
        for event in event_stream(steps=4, tasks=("math", "code"))
    ]
    assert Page(report(tmp_path / "silent", silent)).text.count("gradient norm") == 1


def test_no_panel_waits_for_data_that_no_run_has(tmp_path):
    """Every column of the plan's tables has something in it."""
    html = report(tmp_path, event_stream(steps=2, tasks=("math",)))
    rows = [row for row in html.split("<tr>") if "rollout/0" in row]
    assert len(rows) == 1
    assert "–" not in rows[0]


def test_every_phase_has_a_color(tmp_path):
    html = report(tmp_path, event_stream(steps=2))
    assert [phase for phase in PHASES if f"--{phase}: #" not in html or f".phase-{phase} {{" not in html] == []
