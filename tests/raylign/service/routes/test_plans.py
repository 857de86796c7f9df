"""A job asked about before it is sent: its faults with their places, or its plan; and nothing comes of it."""

from pathlib import Path

import pytest
from jobs import EXAMPLES
from service import Service, job_document, key_of

from raylign.service.access import Scope
from raylign.spec import load_job

WRONG = b"""name: a
steps: 0
policy: {model: m}
tasks:
  - name: math
    prompts: {path: p.jsonl}
    reward: {model: r}
    method: {type: crpgg}
stepz: 3
"""


def ask(service: Service, body: object) -> dict[str, object]:
    with service.http() as http:
        if isinstance(body, bytes):
            answer = http.post("/v1/plans", content=body, headers={"Content-Type": "application/yaml"})
        else:
            answer = http.post("/v1/plans", json=body)
        assert answer.status_code == 200, answer.text
        assert http.get("/v1/jobs").json()["data"] == []
        told: dict[str, object] = answer.json()
        return told


def test_faults_come_with_their_places_and_lines(service: Service) -> None:
    told = ask(service, WRONG)
    assert {(one["location"], one["line"]) for one in told["errors"]} == {
        ("steps", 2),
        ("tasks[0].method", 8),
        ("stepz", 9),
    }
    assert "did you mean 'crpg'?" in next(one["message"] for one in told["errors"] if one["line"] == 8)
    assert told["plan"] is None


def test_a_job_that_is_fine_is_planned_for_ray_s_nodes(service: Service) -> None:
    told = ask(service, load_job(EXAMPLES / "crpg.yaml").model_dump(mode="json"))
    assert told["errors"] == []
    assert told["cluster"] == {"source": "ray", "nodes": 1, "cpus": 8.0, "gpus": 0.0, "memory_bytes": 2.0**34}
    actors = [actor["name"] for actor in told["plan"]["actors"]]
    assert {"policy/0", "reference/0", "rollout/0"} <= set(actors)
    assert all(actor["memory_bytes"] > 0 for actor in told["plan"]["actors"] if actor["model"])


def test_without_ray_this_machine_stands_in(service: Service) -> None:
    service.ray.down = True
    told = ask(service, load_job(EXAMPLES / "crpg.yaml").model_dump(mode="json"))
    assert told["cluster"]["source"] == "gateway"
    assert told["plan"]["device"] in ("cpu", "cuda")


def test_a_job_that_fits_nowhere_says_what_it_lacks(service: Service) -> None:
    service.ray.nodes = [{"CPU": 8, "memory": 2**20}]
    told = ask(service, load_job(EXAMPLES / "crpg.yaml").model_dump(mode="json"))
    assert "does not fit the cluster" in told["errors"][0]["message"]
    assert told["plan"] is None


def test_what_is_not_seen_here_is_planned_as_far_as_it_is_known(service: Service) -> None:
    told = ask(service, job_document())
    assert told["errors"] == []
    assert "not seen here: the prompts of task 'math', 'p.jsonl'" in told["notes"]
    assert told["plan"]["memory_bytes"] is None


@pytest.mark.parametrize("setting", [{"output": {"push_to": "org/name"}}, {"trackers": [{"type": "wandb"}]}])
def test_what_a_submit_refuses_is_told(service: Service, setting: dict[str, object]) -> None:
    (fault,) = ask(service, {**job_document(), **setting})["errors"]
    with service.http() as http:
        assert http.post("/v1/jobs", json={**job_document(), **setting}).json()["detail"].endswith(fault["message"])


def test_what_is_no_document_is_told_of_as_one(service: Service, tmp_path: Path) -> None:
    (fault,) = ask(service, b"name: [")["errors"]
    assert "is not application/yaml: line" in fault["message"]
    (fault,) = ask(service, b"- 1")["errors"]
    assert "a job is a mapping" in fault["message"]
    with service.http() as http:
        assert http.post("/v1/plans", content=b"x", headers={"Content-Type": "text/html"}).status_code == 415
        assert http.post("/v1/plans", content=b" " * 1_000_001).status_code == 413


def test_who_may_only_read_may_not_have_the_gateway_look_at_files(service: Service) -> None:
    with service.http(key_of(service.store, "a", Scope.READ)) as http:
        assert http.post("/v1/plans", json=job_document()).status_code == 403
        assert "crpg" in http.get("/v1/schema").text
