"""A run's responses, of a directory or at a gateway, in the same words."""

import json

import pytest
from command import raylign
from event_stream import event_stream
from service import KEY, TOKEN, live_service
from service import started as started_job

from raylign.record.rundir import RunDirectory


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with RunDirectory.create(tmp_path_factory.mktemp("samples") / "run", {"name": "tiny"}) as run:
        for event in event_stream(steps=12, tasks=("chat", "math")):
            run.append(event)
    return run.path


def test_a_run_directory_s_responses_are_shown(run):
    done = raylign("samples", run, "--task", "math", "-n", 1)
    assert done.returncode == 0, done.stderr
    assert "math  evaluation after 12 steps" in done.stdout
    found = [json.loads(line) for line in raylign("samples", run, "--best", "-n", 3, "--json").stdout.splitlines()]
    assert len(found) == 3
    assert found[0]["reward"] >= found[-1]["reward"]
    assert {"step", "task", "prompt", "response", "verdicts", "rulings", "satisfied"} <= found[0].keys()


def test_a_job_s_responses_come_from_its_gateway(tmp_path, monkeypatch, run):
    with live_service(tmp_path) as gateway:
        monkeypatch.setenv("RAYLIGN_URL", gateway.url)
        monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
        made, _ = started_job(gateway.store)
        gateway.store.report(made.id, 1, TOKEN, list(RunDirectory(run).events()))
        assert raylign("samples", made.id, "--json").stdout == raylign("samples", run, "--json").stdout


def test_what_is_wrong_is_told(tmp_path, run):
    for arguments, says in {
        (run, "--best", "--worst"): "give either --worst or --best",
        (tmp_path,): "holds no run",
        ("nobody", "--home", tmp_path): "no gateway serves",
    }.items():
        done = raylign("samples", *arguments)
        assert done.returncode in (1, 2)
        assert says in done.stderr
