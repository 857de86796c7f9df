"""The driver's command, as far as it goes without Ray."""

import json
import random
import sys
from pathlib import Path

import pytest
from event_stream import step_done
from jobs import EXAMPLES

from actors.__main__ import main
from raylign.record.events import Event
from raylign.record.events.payloads import RunEnded
from raylign.record.rundir import RunDirectory
from raylign.spec import load_job


@pytest.fixture
def finished(tmp_path: Path) -> RunDirectory:
    job = load_job(EXAMPLES / "crpg.yaml").model_copy(update={"steps": 3})
    with RunDirectory.create(tmp_path / "run", job.model_dump(mode="json")) as run:
        for step in range(3):
            run.append(Event.of(step_done(("math",), step, 3, random.Random(0)), seq=step + 1))
        run.append(Event.of(RunEnded(state="succeeded", message="3 steps", model=None, report=None), seq=4))
    return run


@pytest.mark.parametrize("as_json", [False, True])
def test_a_finished_run_is_not_started_again(finished, monkeypatch, capsys, as_json):
    before = finished.events_path.read_bytes()
    # Whoever would connect to Ray, or start one, fails.
    monkeypatch.setitem(sys.modules, "actors.cluster.connection", None)
    monkeypatch.setattr(sys, "argv", ["actors", "run", "--run-dir", str(finished.path)] + ["--json"] * as_json)
    assert main() == 0
    said = capsys.readouterr().out
    if as_json:
        assert json.loads(said)["data"]["state"] == "succeeded"
    else:
        assert "is finished, with 3 steps" in said
        assert str(finished.model_path) in said
        assert str(finished.report_path) in said
    assert finished.events_path.read_bytes() == before


def test_the_stored_job_has_the_settings_beside_the_file(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "actors.cluster.connection", None)  # it gets no further than this
    monkeypatch.setattr(
        sys,
        "argv",
        ["actors", "run", "steps=7", "--job", str(EXAMPLES / "crpg.yaml"), "--run-dir", str(tmp_path / "run")],
    )
    with pytest.raises(ImportError):
        main()
    assert RunDirectory(tmp_path / "run").job()["steps"] == 7
