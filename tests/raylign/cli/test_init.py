"""A first job is written once, and passes check."""

import json

from command import raylign
from jobs import EXAMPLES

TOLD = ("--model", EXAMPLES / "tiny" / "policy", "--prompts", EXAMPLES / "tiny" / "prompts" / "math.jsonl")


def test_what_init_writes_passes_check_and_is_never_written_over(tmp_path):
    out = tmp_path / "job.yaml"
    assert f"raylign run {out}" in raylign("init", *TOLD, "--out", out).stdout
    done = raylign("check", out)
    assert done.returncode == 0, done.stderr
    written = out.read_text()
    again = raylign("init", *TOLD, "--out", out)
    assert again.returncode == 2
    assert "is there already: name another by --out" in again.stderr
    assert out.read_text() == written


def test_nothing_is_written_where_something_is_wrong(tmp_path):
    done = raylign("init", *TOLD, "--judge", "code", "--out", tmp_path / "job.yaml")
    assert done.returncode == 2
    assert "judge 'code' of task 'main' reads `metadata.unit_tests`" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_columns_are_named_as_elsewhere(tmp_path):
    file, out = tmp_path / "p.csv", tmp_path / "job.yaml"
    file.write_text("question,answer\nWhat is 2 + 3?,5\n")
    told = ("--model", EXAMPLES / "tiny" / "policy", "--prompts", file, "--out", out)
    assert "did you mean 'question'" in raylign("init", *told, "--columns", "messages=qestion").stderr
    done = raylign("init", *told, "--columns", "messages=question")
    assert done.returncode == 0, done.stderr
    assert "columns: {messages: question}" in out.read_text()
    assert "- {type: math}" in out.read_text()


def test_init_speaks_json(tmp_path):
    found = json.loads(raylign("init", *TOLD, "--out", tmp_path / "job.yaml", "--json").stdout)
    assert (found["job"], found["prompts"]) == (str(tmp_path / "job.yaml"), {"main": 256})
