"""Reports of finished runs, from the command line."""

import json

import pytest
from command import raylign
from documents import document
from event_stream import event_stream

from raylign.record.rundir import RunDirectory
from raylign.show.report import write_report


@pytest.fixture
def runs(tmp_path):
    for name in ("first", "second"):
        with RunDirectory.create(tmp_path / name, document(name=name)) as run:
            for event in event_stream(steps=2, tasks=("math",)):
                run.append(event)
    return tmp_path / "first", tmp_path / "second"


def test_one_run_s_report_is_written_anew(runs):
    done = raylign("report", runs[0])
    assert done.returncode == 0, done.stderr
    told = (runs[0] / "report.html").read_text()
    assert "<html" in told
    assert told == write_report(RunDirectory(runs[0])).read_text()
    assert str(runs[0] / "report.html") in done.stdout


def test_several_are_compared(runs, tmp_path):
    out = tmp_path / "both.html"
    done = raylign("report", *runs, "--out", out)
    assert "second" in done.stdout
    assert "first · second" in out.read_text()
    assert list(json.loads(raylign("report", *runs, "--out", out, "--json").stdout)["runs"]) == ["first", "second"]


def test_what_is_no_run_is_refused(tmp_path):
    done = raylign("report", tmp_path)
    assert done.returncode == 2
    assert "holds no run" in done.stderr
