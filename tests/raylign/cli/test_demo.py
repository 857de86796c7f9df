"""The demo, as far as it is refused before it starts."""

import json

import pytest
from command import raylign
from jobs import EXAMPLES

from raylign.errors import SpecError
from raylign.spec import load_job


def test_a_demo_of_a_job_that_check_refuses_starts_nothing(tmp_path):
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "a"}\n' * 3)
    job = load_job(EXAMPLES / "crpg.yaml").model_dump(mode="json")
    math = next(task for task in job["tasks"] if task["name"] == "math")
    math |= {"prompts": {"path": str(tmp_path / "prompts.jsonl")}, "prompts_per_step": 3}
    file = tmp_path / "job.json"
    file.write_text(json.dumps(job))
    done = raylign("demo", file, "--home", tmp_path / "home")
    assert done.returncode == 2, done.stderr
    assert "line 1 has no `baseline`" in done.stderr
    assert not (tmp_path / "home").exists()


def test_demo_away_from_its_models_says_where_they_are(tmp_path, monkeypatch):
    from raylign.cli import demo

    assert demo.find_example() == EXAMPLES / "demo.yaml"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "site-packages" / "raylign" / "cli" / "demo.py"))
    with pytest.raises(SpecError, match="raylign demo FILE"):
        demo.find_example()
