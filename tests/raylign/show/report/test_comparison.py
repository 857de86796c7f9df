"""Several runs side by side: what they were told differently, what came out, on a page and as plain data."""

import json

import pytest
from documents import document
from event_stream import event_stream

from raylign.errors import SpecError
from raylign.record.rundir import RunDirectory
from raylign.show.report.comparison import compare, differences, render


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name, steps, tasks in (("first", 3, ("math",)), ("second", 5, ("math", "chat"))):
        job = document(name=name, steps=steps)
        with RunDirectory.create(folder / name, job) as run:
            for event in event_stream(steps=steps, tasks=tasks, seed=steps):
                run.append(event)
    return folder / "first", folder / "second"


def test_each_task_has_a_line_of_every_run_that_has_it(runs):
    found = compare(runs)
    assert {task: [one.run for one in outcomes] for task, outcomes in found.tasks.items()} == {
        "math": ["first", "second"],
        "chat": ["second"],
    }
    one = found.tasks["math"][0]
    assert one.bounds[0] < one.after < one.bounds[1]
    assert json.loads(json.dumps(found.to_dict()))["tasks"]["math"]["first"]["after"] == one.after


def test_the_page_needs_nothing_else_and_holds_no_markup_of_others(runs):
    page = render(compare(runs))
    assert "http:" not in page
    assert "<script" not in page
    assert page.count("<svg") == 3
    assert "What they were told differently" in page


def test_what_differs_is_told_by_place():
    first, second = document(), document(steps=9, trainer={"ranks": 2}, name="other")
    second["tasks"][0]["judges"] = []
    assert differences({"a": first, "b": second}) == {
        "steps": {"a": "3", "b": "9"},
        "tasks.math.judges": {"a": '[{"type": "math"}]', "b": "[]"},
        "trainer.ranks": {"a": "–", "b": "2"},
    }


def test_runs_of_one_name_are_told_apart_and_what_is_none_is_refused(runs, tmp_path):
    assert list(compare([runs[0], runs[0].parent / "second" / ".." / "first"]).runs) == [
        str(runs[0]),
        str(runs[0].parent / "second" / ".." / "first"),
    ]
    with pytest.raises(SpecError, match="holds no run"):
        compare([tmp_path])
