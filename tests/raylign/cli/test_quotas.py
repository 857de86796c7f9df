"""Quotas, from the command line."""

import json

from command import raylign

from raylign.service.audit import Audit


def test_a_quota_is_set_anew_shown_and_written_down(tmp_path):
    set_ = raylign("quotas", "acme", "--queued", "5", "--stored-gb", "0.5", "--home", tmp_path, "--json")
    [quota] = json.loads(set_.stdout)
    assert quota == {
        "tenant": "acme",
        "queued": 5,
        "running": None,
        "stored_bytes": 500_000_000,
        "requests_per_s": None,
    }
    raylign("quotas", "acme", "--running", "1", "--home", tmp_path)
    assert raylign("quotas", "--home", tmp_path).stdout == "acme\tany\t1\tany\tany\n"
    assert [one["tenant"] for one in Audit(tmp_path / "audit.jsonl").lines()] == ["acme", "acme"]
