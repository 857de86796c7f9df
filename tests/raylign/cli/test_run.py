"""A run here, as far as it is refused before it starts."""

import json

from command import raylign
from documents import document
from jobs import small_job


def test_run_needs_a_file_or_a_directory(tmp_path):
    assert "give either a job FILE, or --resume RUN_DIR" in raylign("run").stderr
    done = raylign("run", "--resume", tmp_path)
    assert done.returncode == 2
    assert "holds no run" in done.stderr
    (tmp_path / "job.json").write_text(json.dumps(document()))
    done = raylign("run", "--resume", tmp_path, "steps=9")
    assert done.returncode == 2
    assert "'steps' stays as it is, only `trainer.ranks` may change" in done.stderr


def test_run_refuses_a_directory_that_holds_a_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "job.json").write_text("{}")
    done = raylign("run", small_job(tmp_path, "crpg"), "steps=3", "--run-dir", tmp_path / "run")
    assert done.returncode == 1
    assert "already holds a run: continue it with `raylign run --resume" in done.stderr
