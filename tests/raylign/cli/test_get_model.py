"""A job's model, fetched from the command line."""

import json

from command import raylign
from fine_tuning import drive, write_result
from service import KEY, end, job, live_service


def test_a_model_is_fetched_by_its_jobs_name(tmp_path, monkeypatch):
    with live_service(tmp_path) as service:
        monkeypatch.setenv("RAYLIGN_URL", service.url)
        monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
        made, _ = service.store.create(job("mine"))
        write_result(drive(service, tmp_path, made.id, end(1)), loss=1.0)
        done = raylign("get-model", "mine", tmp_path / "out")
        assert done.stdout == f"{tmp_path / 'out'}: 1 files of {made.id}\n"
        again = raylign("get-model", made.id, tmp_path / "other", "--json")
        assert json.loads(again.stdout) == {"job": made.id, "files": [str(tmp_path / "other/config.json")]}
        refused = raylign("get-model", "latest", tmp_path / "out")
        assert (refused.returncode, "File exists" in refused.stderr) == (2, True)
