"""Checkpoints and models, taken away and let go."""

from pathlib import Path

from fakes import FakeTrainer
from fine_tuning import drive
from service import TOKEN, end, job, job_document, live_service

from raylign.record.checkpoint import Checkpoints, Progress


async def test_checkpoints_are_listed_read_used_and_let_go_once_their_job_has_ended(tmp_path: Path) -> None:
    with live_service(tmp_path) as service, service.http() as http:
        made, _ = service.store.create(job())
        path = f"/v1/jobs/{made.id}"
        assert http.get(f"{path}/checkpoints").json() == {"data": []}
        assert http.get(f"{path}/model").status_code == 404
        run = drive(service, tmp_path, made.id)
        saved = Checkpoints(run / "checkpoints")
        for step in (2, 4):
            await saved.save(FakeTrainer([]), Progress(step, step, 0))
        first, last = http.get(f"{path}/checkpoints").json()["data"]
        assert (first["step"], last["model"]["word"]) == (2, f"{made.id}:step-4")
        names = [file["name"] for file in first["model"]["files"]]
        assert names == ["config.json", "model.safetensors", "tokenizer_config.json"]
        whole = (run / "checkpoints/step-2/policy/model.safetensors").read_bytes()
        assert http.get(f"{path}/checkpoints/2/model.safetensors").content == whole
        part = http.get(f"{path}/checkpoints/2/model.safetensors", headers={"Range": "bytes=0-1"})
        assert (part.status_code, part.content) == (206, whole[:2])
        assert http.delete(f"{path}/checkpoints/2").status_code == 409
        service.store.report(made.id, 1, TOKEN, [end(2)])
        document = job_document() | {"policy": {"model": str(run / "checkpoints/step-2/policy")}}
        service.store.create(job(), tenant="acme")
        reader = http.post("/v1/jobs", json=document)
        assert reader.status_code == 422  # no whole model, and yet found
        assert http.delete(f"{path}/checkpoints/2").status_code == 204
        assert http.delete(f"{path}/checkpoints/2").status_code == 404
        assert [one["step"] for one in http.get(f"{path}/checkpoints").json()["data"]] == [4]


def test_a_models_files_are_those_that_lie_there_themselves(tmp_path: Path) -> None:
    with live_service(tmp_path) as service, service.http() as http:
        made, _ = service.store.create(job())
        run = drive(service, tmp_path, made.id, end(1))
        (run / "model" / "adapter").mkdir(parents=True)
        (run / "model" / "config.json").write_text("{}")
        (run / "model" / "link.json").symlink_to("/etc/passwd")
        (tmp_path / "secret").write_text("x")
        path = f"/v1/jobs/{made.id}/model"
        assert http.get(path).json() == {"word": made.id, "files": [{"name": "config.json", "bytes": 2}]}
        assert http.get(f"{path}/config.json").content == b"{}"
        for name in ("link.json", "adapter", "..%2F..%2Fsecret", "%2e%2e", "gone.json", "config.json%00"):
            assert http.get(f"{path}/{name}").status_code in (404, 422), name
