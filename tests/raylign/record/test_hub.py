"""The hub's own library against a server that speaks as much of the hub as a push needs; and what is refused before."""

import base64
import json

import pytest
from fastapi import FastAPI, HTTPException, Request
from service import http_server

from raylign.errors import RunError
from raylign.record.hub import push, require_hub

TOKEN = "hf_of-the-operator"


class Hub:
    """Keeps what it is sent."""

    def __init__(self, *, full: bool = False) -> None:
        self.made, self.files, self.full = [], {}, full

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/api/repos/create")
        async def create(request: Request) -> dict[str, str]:
            if request.headers["authorization"] != f"Bearer {TOKEN}":
                raise HTTPException(401)
            self.made.append(await request.json())
            return {"url": f"{request.base_url}org/name", "name": "org/name", "id": "1"}

        @app.post("/api/models/org/name/preupload/main")
        async def preupload(request: Request) -> dict[str, list[dict[str, object]]]:
            asked = (await request.json())["files"]
            plain = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
            return {"files": [{"path": file["path"], **plain} for file in asked]}

        @app.post("/api/models/org/name/commit/main")
        async def commit(request: Request) -> dict[str, object]:
            if self.full:
                raise HTTPException(403, headers={"X-Error-Message": f"no room for {TOKEN}"})
            for line in (await request.body()).splitlines():
                part = json.loads(line)
                if part["key"] == "file":
                    self.files[part["value"]["path"]] = base64.b64decode(part["value"]["content"])
            return {"success": True, "commitOid": "a" * 40, "commitUrl": f"{request.base_url}org/name/commit/a"}

        return app


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    folder = tmp_path / "model"
    (folder / "adapter").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"weights")
    return folder


def test_a_folder_is_pushed_whole_as_a_private_model(folder, monkeypatch):
    hub = Hub()
    with http_server(hub.app()) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert push(folder, "org/name", private=True) == f"{url}/org/name"
    assert hub.made[0]["name"] == "name"
    assert hub.made[0]["organization"] == "org"
    assert "private" in (hub.made[0].get("visibility"), *[key for key, value in hub.made[0].items() if value is True])
    assert hub.files == {"config.json": b"{}", "adapter/adapter_model.safetensors": b"weights"}


def test_a_push_that_fails_names_the_folder_and_not_the_token(folder, monkeypatch):
    with http_server(Hub(full=True).app()) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        with pytest.raises(RunError, match="was not pushed to 'org/name'") as failed:
            push(folder, "org/name", private=True)
    assert f"`hf upload org/name {folder}` sends it" in str(failed.value)
    assert "no room for ***" in str(failed.value)
    assert TOKEN not in str(failed.value)


def test_what_could_not_be_pushed_is_refused_before_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    require_hub("org/name")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(RunError, match="`output.push_to` is 'org/name', and HF_HUB_OFFLINE forbids to reach the hub"):
        require_hub("org/name")
