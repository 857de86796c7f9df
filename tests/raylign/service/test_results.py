"""What jobs have made, found by its words."""

from pathlib import Path

import pytest
from fakes import FakeTrainer
from service import TOKEN, end, job, open_store

from raylign.errors import ModelNotFound
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.lines import json_line
from raylign.service.home import open_home
from raylign.service.results import Results


async def test_results_and_whole_checkpoints_are_found_of_ones_own_jobs(tmp_path: Path) -> None:
    store, home = open_store(tmp_path), open_home(tmp_path)
    results, made = Results(store, home), store.create(job(), tenant="acme")[0]
    run = home.jobs / made.id
    assert results.checkpoints(made.id) == []
    saved = Checkpoints(run / "checkpoints", keep_last=9)
    paths = [await saved.save(FakeTrainer([]), Progress(step, step, 0)) for step in (2, 4, 6)]
    (paths[1] / "manifest.json").unlink()
    lines = [json_line({"step": step, "train/loss": step / 10}) for step in range(6)]
    (run / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    found = results.checkpoints(made.id)
    assert [(one.step, one.metrics) for one in found] == [(2, {"train/loss": 0.1}), (6, {"train/loss": 0.5})]
    assert found[0].bytes == sum(file.stat().st_size for file in paths[0].rglob("*.*") if file.name != "manifest.json")
    assert results.find("acme", f"{made.id}:step-6") == paths[2] / "policy"
    (run / "model").mkdir()
    for tenant, word in (
        ("acme", made.id),  # it has not succeeded
        ("acme", f"{made.id}:step-4"),
        ("acme", f"{made.id}:step-6/../.."),
        ("acme", "../../etc"),
        ("acme", "job_" + "0" * 26),
        ("other", f"{made.id}:step-6"),
    ):
        with pytest.raises(ModelNotFound, match="there is no model"):
            results.find(tenant, word)
    store.begin_attempt(made.id, token=TOKEN, run_dir=str(run))
    store.report(made.id, 1, TOKEN, [end(1)])
    assert results.find("acme", made.id) == results.find(None, made.id) == run / "model"
