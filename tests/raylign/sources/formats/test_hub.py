"""The hub's own library against a server that speaks as much of the hub as a dataset's readers need."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from data_files import ROWS, write_file
from fastapi import FastAPI, HTTPException, Response
from service import http_server

from raylign.errors import SpecError
from raylign.sources import formats
from raylign.sources.formats import folder, hub
from raylign.spec.prompts import Prompts

SHA = "a" * 40


class Hub:
    """Serves a directory as the dataset org/name."""

    def __init__(self, root: Path) -> None:
        self.root, self.asked = root, list[str]()

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/api/datasets/org/name")
        def info() -> dict[str, Any]:
            return {"id": "org/name", "sha": SHA}

        @app.get(f"/api/datasets/org/name/tree/{SHA}")
        def tree() -> list[dict[str, Any]]:
            files = [path for path in self.root.rglob("*") if path.is_file()]
            return [
                {"type": "file", "path": str(path.relative_to(self.root)), "size": path.stat().st_size, "oid": "b" * 40}
                for path in files
            ]

        @app.api_route(f"/datasets/org/name/resolve/{SHA}/{{file:path}}", methods=["GET", "HEAD"])
        def resolve(file: str) -> Response:
            self.asked.append(file)
            if not (self.root / file).is_file():
                raise HTTPException(404, headers={"X-Error-Code": "EntryNotFound"})
            headers = {"X-Repo-Commit": SHA, "ETag": f'"{abs(hash(file)):x}"'}
            return Response((self.root / file).read_bytes(), headers=headers)

        return app


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, str]]:
    served = Hub(tmp_path_factory.mktemp("unused"))
    with http_server(served.app()) as url:
        yield served, url


Serve = Callable[..., Hub]


@pytest.fixture
def serve(server: tuple[Hub, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Puts files of a split each, which hold its name as a prompt, and a card there."""
    served, url = server
    served.root, served.asked = tmp_path / "repository", []
    monkeypatch.setenv("HF_ENDPOINT", url)
    for name, value in (("HF_HUB_CACHE", str(tmp_path / "cache")), ("HF_HUB_OFFLINE", False)):
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)

    def put(*files: str, card: str = "") -> Hub:
        for file in files:
            write_file(served.root / file, [{"prompt": file}])
        if card:
            (served.root / "README.md").write_text(f"---\nlicense: mit\n{card}\n---\n# About\n\n---\n")
        return served

    return put


def read(**settings: Any) -> list[str]:
    return [row.values["prompt"] for row in formats.read(Prompts(path="hf://org/name", **settings))]


def test_without_a_card_files_are_read_as_those_of_a_directory(serve: Serve) -> None:
    served = serve("data/train-0.parquet", "data/train-1.jsonl.gz", "data/test.csv", "notes.txt")
    assert read() == ["data/train-0.parquet", "data/train-1.jsonl.gz"]
    assert read(split="test") == ["data/test.csv"]
    assert set(served.asked) == {"data/train-0.parquet", "data/train-1.jsonl.gz", "data/test.csv"}
    with pytest.raises(SpecError, match="no file of 'org/name' has 'dev' in its name"):
        read(split="dev")
    with pytest.raises(SpecError, match="has no subset 'main'"):
        read(subset="main")


def test_files_are_fetched_when_they_are_come_to_and_once(serve: Serve) -> None:
    served = serve("a.jsonl", "b.jsonl")
    assert read() == read() == ["a.jsonl", "b.jsonl"]
    served.asked.clear()
    rows = formats.read(Prompts(path="hf://org/name"))
    assert next(rows).place.endswith("a.jsonl, line 1")
    assert "b.jsonl" not in served.asked


SUBSETS = """
configs:
- config_name: main
  default: true
  data_files:
  - {split: train, path: main/train-*}
  - {split: test, path: [main/test*, more/**]}
- config_name: all
  data_files: ["**/*.jsonl"]
- {config_name: rest, data_dir: ./more/}
"""


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, ["main/train-0.jsonl", "main/train-1.jsonl"]),
        ({"split": "test"}, ["main/test.jsonl", "more/deep/x.jsonl"]),
        ({"subset": "all"}, ["main/test.jsonl", "main/train-0.jsonl", "main/train-1.jsonl", "more/deep/x.jsonl"]),
        ({"subset": "rest"}, ["more/deep/x.jsonl"]),
    ],
)
def test_a_card_says_which_files_are_which_subset_s_and_split_s(serve: Serve, settings: Any, found: list[str]) -> None:
    serve("main/train-1.jsonl", "main/train-0.jsonl", "main/test.jsonl", "more/deep/x.jsonl", card=SUBSETS)
    assert read(**settings) == found


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"split": "dev"}, "no split 'dev': set `split` to one of train, test"),
        ({"subset": "of"}, "no subset 'of': set `subset` to one of main, all, rest"),
        ({"subset": "rest", "split": "test"}, "has 'test' in its name"),
    ],
)
def test_what_a_card_does_not_have_is_told(serve: Serve, settings: Any, says: str) -> None:
    serve("main/train-0.jsonl", "main/test.jsonl", "more/x.jsonl", card=SUBSETS)
    with pytest.raises(SpecError, match=says):
        read(**settings)


@pytest.mark.parametrize("pattern", ["{secret}", "file://{secret}", "../secret.jsonl", "**/../*", "{url}/stolen.jsonl"])
def test_a_card_names_no_file_of_this_host_and_no_address(
    serve: Serve, server: tuple[Hub, str], tmp_path: Path, pattern: str
) -> None:
    secret = write_file(tmp_path / "secret.jsonl", ROWS)
    named = pattern.format(secret=secret, url=f"{server[1]}/datasets/org/name/resolve/{SHA}")
    served = serve("a.jsonl", card=f"configs:\n- config_name: default\n  data_files: ['{named}']")
    with pytest.raises(SpecError, match="its README.md names '.*', and no file of it is called so"):
        read()
    assert set(served.asked) == {"README.md"}


def test_what_cannot_be_had_or_is_too_much_is_told(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve("a.jsonl", "b.jsonl")
    with pytest.raises(SpecError, match="cannot read the dataset 'org/other': .*404"):
        next(formats.read(Prompts(path="hf://org/other")))
    monkeypatch.setattr(hub, "MAX_BYTES", 30)
    with pytest.raises(SpecError, match="holds more than 30 bytes: set `limit`"):
        read()
    monkeypatch.setattr(folder, "MAX_FILES", 1)
    with pytest.raises(SpecError, match="has more than 1 files"):
        read()
