"""Where each tenant's jobs may read."""

from pathlib import Path

from service import job, job_document, live_service, open_store

from raylign.record.rundir import RunDirectory
from raylign.service.confines import Confines
from raylign.service.home import open_home
from raylign.service.store import Store


def confines(folder: Path, store: Store, **settings: object) -> Confines:
    return Confines(home=open_home(folder), store=store, **settings)


def naming(path: Path | str) -> dict[str, object]:
    document = job_document()
    document["tasks"][0]["prompts"] = {"path": str(path)}
    return document


def test_ones_own_gateway_trusts_its_own_tenant_alone(tmp_path: Path) -> None:
    found = confines(tmp_path, open_store(tmp_path), trusts_default=True)
    assert found.of("default", {}) is None
    assert found.of("acme", {}).roots == (tmp_path / "tenants" / "acme",)
    kept = confines(tmp_path, open_store(tmp_path), stores=["s3://bucket/all"])
    assert kept.of("acme", {}).stores == ("s3://bucket/all/acme",)
    shared = confines(tmp_path, open_store(tmp_path), allowed=[Path("/models")])
    assert shared.of("default", {}).roots == (tmp_path / "tenants" / "default", Path("/models"))


def test_what_ones_own_jobs_made_may_be_named(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    mine, theirs = store.create(job(), tenant="acme")[0], store.create(job())[0]
    found = confines(tmp_path, store)
    document = {
        "a": [f"{tmp_path}/jobs/{one}/model" for one in (mine.id, theirs.id, "job_x", "..")],
        "b": f"{tmp_path}/jobs",
    }
    run = RunDirectory(tmp_path / "jobs" / mine.id)
    assert found.of("acme", document).roots[1:] == (run.model_path, run.checkpoints_path, run.stages_path)


def test_the_gateway_confines_before_it_looks(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    own = tmp_path / "tenants" / "default"
    own.mkdir(parents=True)
    (own / "fine.jsonl").write_text('{"prompt": "a"}\n' * 99)
    (tmp_path / "secret.jsonl").write_text("no JSON: the secret\n")
    (own / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    with live_service(tmp_path, confines=confines(tmp_path, store)) as service, service.http() as http:
        assert http.post("/v1/jobs", json=naming(own / "fine.jsonl")).status_code == 201
        answers = [
            http.post("/v1/jobs", json=naming(path))
            for path in (tmp_path / "secret.jsonl", tmp_path / "nothing.jsonl", own / "link.jsonl", own / "../secret")
        ]
        assert {answer.status_code for answer in answers} == {422}
        foretold = http.post("/v1/plans", json=naming(tmp_path / "secret.jsonl")).json()
        assert "here jobs read what lies in" in foretold["errors"][0]["message"]
        words = {answer.json()["detail"].partition("; here jobs read")[2] for answer in answers}
        assert (len(words), "" in words) == (1, False)
        assert len(http.get("/v1/jobs").json()["data"]) == 1
