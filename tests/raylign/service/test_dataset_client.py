"""Datasets by the client: an upload that breaks goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from service import Service, key_of, live_service
from uploads import ROWS, Here

from raylign.errors import DatasetNotFound, GatewayUnreachable, SpecError, Taken
from raylign.service.dataset_client import DatasetClient, describe


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with live_service(tmp_path, inspecting=Here()) as running:
        yield running


def test_push_list_look_read_delete(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "math.train.jsonl"
    file.write_bytes(ROWS)
    told: list[tuple[int, int]] = []
    with service.client() as client:
        datasets = DatasetClient(client._call, part=30)
        found = datasets.push(file, tell=lambda *sent: told.append(sent))
        assert (found["name"], found["state"], found["inspection"]["usable"]) == ("math", "ready", 2)
        assert told == [(0, len(ROWS)), (30, len(ROWS)), (60, len(ROWS)), (len(ROWS), len(ROWS))]
        assert client.datasets.push(file)["id"] == found["id"]
        assert [one["id"] for one in client.datasets.all()] == [found["id"]]
        assert [row["text"] for row in client.datasets.rows("math", limit=1)] == ['{"prompt": "one", "answer": "1"}']
        assert client.datasets.content("math") == ROWS
        file.write_bytes(ROWS + ROWS)
        with pytest.raises(Taken, match="there already"):
            client.datasets.push(file)
        client.datasets.delete("math")
        with pytest.raises(DatasetNotFound, match="'math'"):
            client.datasets.get("math")


def test_a_broken_connection_costs_one_part(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, calls = tmp_path / "math.jsonl", []
    file.write_bytes(ROWS)
    monkeypatch.setattr("raylign.service.dataset_client.time.sleep", lambda _: None)
    with service.client(key_of(service.store, "acme")) as client:

        def unsteady(method: str, path: str, **request: Any) -> httpx.Response:
            calls.append(method)
            if calls.count("PUT") in (1, 3) and method == "PUT":
                client._call(method, path, **request)  # it arrives, and the answer does not
                raise GatewayUnreachable("reset")
            return client._call(method, path, **request)

        found = DatasetClient(unsteady, part=30).push(file)
        assert found["state"] == "ready"
        assert client.datasets.content("math") == ROWS
    assert calls.count("PUT") == 3


def test_a_gateway_that_stays_away_is_given_up(tmp_path: Path) -> None:
    file = tmp_path / "math.jsonl"
    file.write_bytes(ROWS)

    def call(method: str, path: str, **request: Any) -> httpx.Response:
        if method == "POST":
            return httpx.Response(201, json={"id": "ds_1", "state": "uploading", "received": 0})
        raise GatewayUnreachable("away")

    with pytest.raises(GatewayUnreachable):
        DatasetClient(call, patience_s=-1).push(file)


def test_a_file_is_described_by_its_name_and_contents(tmp_path: Path) -> None:
    for name, format in (("a.jsonl", "jsonl"), ("a.b.jsonl.gz", "jsonl.gz"), ("a.json", "json"), ("a.csv", "csv")):
        (tmp_path / name).write_bytes(b"x")
        told = describe(tmp_path / name)
        assert (told["format"], told["bytes"]) == (format, 1)
        assert told["sha256"] == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    (tmp_path / "empty.csv").touch()
    for name, says in (("a.txt", "no known format"), ("gone.csv", "cannot read"), ("empty.csv", "is empty")):
        with pytest.raises(SpecError, match=says):
            describe(tmp_path / name)
