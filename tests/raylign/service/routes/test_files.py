"""Files, sent and read by the `openai` package."""

import gzip
from pathlib import Path

import httpx
import openai
import pytest
from fine_tuning import demonstrations, face
from service import key_of

from raylign.service.routes import files
from raylign.service.uploads import DatasetLimits


def test_a_file_is_sent_waited_for_listed_read_back_and_deleted(tmp_path: Path) -> None:
    with face(tmp_path) as (_, client):
        sent = client.files.create(file=("train.jsonl", demonstrations()), purpose="fine-tune")
        assert (sent.object, sent.filename, sent.status, sent.purpose) == (
            "file",
            "train.jsonl",
            "processed",
            "fine-tune",
        )
        assert client.files.wait_for_processing(sent.id).bytes == len(demonstrations())
        other = client.files.create(file=("train.jsonl", demonstrations(2)), purpose="fine-tune")
        assert [one.id for one in client.files.list(limit=1)] == [other.id, sent.id]  # over two pages
        assert list(client.files.list(purpose="batch")) == []
        assert client.files.content(sent.id).read() == demonstrations()
        assert client.files.retrieve(sent.id) == sent
        gone = client.files.delete(sent.id)
        assert (gone.id, gone.deleted, gone.object) == (sent.id, True, "file")
        with pytest.raises(openai.NotFoundError, match="no dataset"):
            client.files.retrieve(sent.id)


def test_what_cannot_be_a_file_here_is_refused_in_openais_form(tmp_path: Path) -> None:
    with face(tmp_path, dataset_limits=DatasetLimits(bytes=5000)) as (service, client):
        for name, content, purpose, says in (
            ("train.jsonl", b"x", "batch", "purpose"),
            ("train.pkl", b"x", "fine-tune", "no known format"),
            ("../../train", b"x", "fine-tune", "no known format"),
            ("train.jsonl", b"", "fine-tune", "empty"),
            ("train.jsonl", b"x" * 5001, "fine-tune", "split it"),
        ):
            with pytest.raises(openai.BadRequestError, match=says) as refused:
                client.files.create(file=(name, content), purpose=purpose)
            assert refused.value.body == {
                "message": refused.value.body["message"],
                "type": "invalid_request_error",
                "param": None,
                "code": "SpecError",
            }
        odd = client.files.create(file=("../../etc/x.jsonl", demonstrations(1)), purpose="fine-tune")
        assert (tmp_path / "tenants/default/datasets" / odd.id / "data.jsonl").is_file()
        with service.http() as http:
            for content in (b"", b"--x\r\nnonsense", b"--x\r\n" * 5000):
                headers = {"Content-Type": "multipart/form-data; boundary=x"}
                assert http.post("/v1/files", content=content, headers=headers).status_code == 400
            assert http.post("/v1/files", json={}).json()["error"]["message"].startswith("send a form")
            extra = http.post("/v1/files", files={"file": ("a.jsonl", b"x")}, data={"purpose": "fine-tune", "x": "y"})
            assert "`x` is not taken" in extra.json()["error"]["message"]


def test_an_archive_that_unpacks_to_too_much_is_an_error(tmp_path: Path) -> None:
    bomb = gzip.compress(b'{"prompt": "x"}\n' * 5000)
    with face(tmp_path, dataset_limits=DatasetLimits(bytes=50_000)) as (_, client):
        sent = client.files.create(file=("bomb.jsonl.gz", bomb), purpose="fine-tune")
        assert (sent.status, sent.status_details) == ("error", "it unpacks to more than 50,000 bytes")
        with pytest.raises(openai.ConflictError, match="refused"):
            client.files.content(sent.id)


def test_a_form_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 100_000)
    with face(tmp_path) as (_, client), pytest.raises((openai.APIStatusError, openai.APIConnectionError)) as refused:
        client.files.create(file=("a.jsonl", b"x" * 3_000_000), purpose="fine-tune")
    assert getattr(refused.value, "status_code", 413) == 413
    assert list(tmp_path.glob("tenants/*/datasets/*")) == []


def test_files_are_their_tenants(tmp_path: Path) -> None:
    with face(tmp_path) as (service, client):
        sent = client.files.create(file=("train.jsonl", demonstrations()), purpose="fine-tune")
        theirs = client.with_options(api_key=key_of(service.store, "acme"))
        assert list(theirs.files.list()) == []
        for call in (theirs.files.retrieve, theirs.files.content, theirs.files.delete):
            with pytest.raises(openai.NotFoundError):
                call(sent.id)
        with pytest.raises(openai.AuthenticationError, match="API key"):
            client.with_options(api_key="wrong").files.list()
        wrong = httpx.get(f"{service.url}/v1/files/{sent.id}")
        assert (wrong.status_code, wrong.json()["error"]["type"]) == (401, "authentication_error")
