"""The audit log, from the command line."""

import json

from command import raylign

from raylign.service.audit import Audit


def test_entries_are_shown_by_whose_they_are_and_what_came_of_them(tmp_path):
    audit = Audit(tmp_path / "audit.jsonl")
    audit.say(tenant="acme", key="k1", did="POST /v1/jobs", status=201, made="/v1/jobs/job_1", **{"from": "10.0.0.1"})
    audit.say(tenant="other", key="k2", did="GET /v1/jobs/job_1", status=404, left_out=3, **{"from": "10.0.0.2"})
    raylign("keys", "create", "ci", "--tenant", "acme", "--home", tmp_path)
    rows = [line.split("\t")[1:] for line in raylign("audit", "--home", tmp_path).stdout.splitlines()]
    assert rows[:2] == [
        ["acme", "k1", "10.0.0.1", "201", "POST /v1/jobs /v1/jobs/job_1"],
        ["other", "k2", "10.0.0.2", "404", "GET /v1/jobs/job_1 (and 3 more refusals)"],
    ]
    assert rows[2][0] == "acme"
    assert rows[2][2].startswith("command line")
    [refused] = raylign("audit", "--refused", "--json", "--home", tmp_path).stdout.splitlines()
    assert json.loads(refused)["key"] == "k2"
    assert len(raylign("audit", "--tenant", "acme", "-n", "1", "--home", tmp_path).stdout.splitlines()) == 1
