"""Datasets, from the command line."""

import json

import pytest
from command import raylign
from service import KEY, job_document, live_service
from uploads import ROWS, Here


@pytest.fixture
def gateway(tmp_path, monkeypatch):
    """A live gateway that the commands find by the environment."""
    with live_service(tmp_path, inspecting=Here()) as running:
        monkeypatch.setenv("RAYLIGN_URL", running.url)
        monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
        yield running


def test_a_file_is_sent_shown_named_by_a_job_and_deleted(gateway, tmp_path):
    file = tmp_path / "math.jsonl"
    file.write_bytes(ROWS)
    sent = raylign("datasets", "push", file)
    assert sent.returncode == 0, sent.stderr
    assert "dataset://math  ready" in sent.stdout
    assert "read as prompts" in sent.stdout
    [listed] = json.loads(raylign("datasets", "list", "--json").stdout)
    assert listed["id"] in raylign("datasets", "list").stdout
    shown = raylign("datasets", "show", "math", "-n", 1).stdout
    assert 'data.jsonl, line 1: {"prompt": "one", "answer": "1"}' in shown
    assert json.loads(raylign("datasets", "show", listed["id"], "--json").stdout)["rows"][0]["text"].startswith("{")
    document = job_document()
    document["tasks"][0] |= {"prompts": {"path": "dataset://math"}, "prompts_per_step": 2}
    job = tmp_path / "job.json"
    job.write_text(json.dumps(document))
    assert "queued" in raylign("submit", job).stdout
    refused = raylign("datasets", "delete", "math")
    assert (refused.returncode, "has not ended" in refused.stderr) == (1, True)
    raylign("cancel", "latest")
    assert raylign("datasets", "delete", "math").stdout == "math  deleted\n"
    here = raylign("check", job)
    assert (here.returncode, "`raylign submit` the job there" in here.stderr) == (2, True)


def test_what_no_job_could_use_is_told_and_ends_with_2(gateway, tmp_path):
    file = tmp_path / "questions.csv"
    file.write_text("question,answer\none,1\n")
    done = raylign("datasets", "push", file, "--name", "q")
    assert done.returncode == 2
    assert "columns: {prompt: question}" in done.stderr
    raylign("datasets", "delete", "q")
    assert raylign("datasets", "push", file, "--name", "q", "--columns", "prompt=question").returncode == 0
