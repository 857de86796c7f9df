"""A first job over REST: for a tenant's data and a model that it may name, in its own words."""

import json
from pathlib import Path

import pytest
from jobs import EXAMPLES
from service import key_of, live_service
from uploads import Here

from raylign.service.openai.settings import FineTuning
from raylign.spec.document import read_yaml
from raylign.spec.load import find_faults


def test_it_names_model_and_dataset_as_jobs_do_and_would_be_queued(tmp_path: Path) -> None:
    rows = tmp_path / "sums.jsonl"
    rows.write_text("".join(json.dumps({"prompt": f"{n} + 1?", "answer": str(n + 1)}) + "\n" for n in range(64)))
    told = FineTuning(models={"small": str(EXAMPLES / "tiny/policy")})
    with live_service(tmp_path, inspecting=Here(), fine_tuning=told) as service:
        key = key_of(service.store, "acme")
        with service.client(key) as client, service.http(key) as http:
            client.datasets.push(rows)
            for word in ("small", "model://small"):
                text = http.post("/v1/drafts", json={"model": word, "dataset": "sums", "method": "grpo"}).json()["text"]
                document = read_yaml(text.encode())
                assert find_faults(document) == []
                assert document["policy"]["model"] == "model://small"
                [task] = document["tasks"]
                assert task["prompts"]["path"] == "dataset://sums"
                assert (task["judges"], task["method"]["type"]) == ([{"type": "math"}], "grpo")
                assert str(tmp_path) not in text
            assert client.plan(document)["errors"] == []
            for wrong, says in (
                ({"model": "model://nobody"}, "no model 'nobody'"),
                ({"dataset": "nothing"}, "no dataset 'nothing'"),
                ({"model": "/etc"}, "no model '/etc'"),
            ):
                answer = http.post("/v1/drafts", json={"model": "small", "dataset": "sums"} | wrong)
                assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text
        with service.http(key_of(service.store, "other")) as http:
            answer = http.post("/v1/drafts", json={"model": "small", "dataset": "sums"})
            assert (answer.status_code, "no dataset" in answer.text) == (422, True)


@pytest.mark.parametrize("content", [b"{}\n", b"nonsense"])
def test_of_what_cannot_be_read_no_job_is_written(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)
    with live_service(tmp_path, inspecting=Here()) as service, service.client() as client:
        client.datasets.push(tmp_path / "bad.jsonl")
        with service.http() as http:
            answer = http.post("/v1/drafts", json={"model": "org/m", "dataset": "bad"})
            assert (answer.status_code, "no job can be made" in answer.text) == (422, True), answer.text
