"""What a stranger's job may read: by names, behind links, and by what files of its own name."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from service import job_document

from raylign.errors import SpecError
from raylign.plan.confinement import Confinement
from raylign.spec import Job, parse_job


def naming(prompts: Path | str, **more: Any) -> Job:
    document = job_document() | more
    document["tasks"][0]["prompts"] = {"path": str(prompts)}
    return parse_job(document)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A tenant's place, beside another's."""
    for name in ("own", "other"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data" / "a.jsonl").write_text('{"prompt": "a"}\n')
    return tmp_path / "own"


def refused(own: Path, job: Job) -> str:
    with pytest.raises(SpecError) as error:
        Confinement(roots=(own,)).require(job)
    return str(error.value)


@pytest.mark.parametrize("path", ["data/a.jsonl", "data", "data/*.jsonl", "*/a.jsonl", "not-there", "data/[x].jsonl"])
def test_what_lies_there_may_be_named(own: Path, path: str) -> None:
    Confinement(roots=(own,)).require(naming(own / path))


def test_a_job_keeps_checkpoints_below_its_tenants_address_alone(own: Path) -> None:
    """By whole names; and nowhere where the operator has said nothing."""

    def keeping(store: str) -> Job:
        return naming(own / "data", checkpoint={"store": store})

    allowed = Confinement(roots=(own,), stores=("s3://bucket/all/own", "file:///kept/own"))
    for store in ("s3://bucket/all/own/run", "file:///kept/own/a/b"):
        allowed.require(keeping(store))
        with pytest.raises(SpecError, match="no job may write to an object store: leave it out, or ask the operator"):
            Confinement(roots=(own,)).require_named(keeping(store))
    for store in (
        "s3://bucket/all/own",
        "s3://bucket/all/owner/run",
        "s3://bucket/all/other/run",
        "gs://bucket/all/own/x",
    ):
        with pytest.raises(SpecError, match="'checkpoint.store' is .*; here it is to be below s3://bucket/all/own/..."):
            allowed.require_named(keeping(store))


def test_hub_ids_are_no_places(own: Path) -> None:
    Confinement(roots=(own,)).require(naming("hf://org/name", policy={"model": "org/name"}))


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/nowhere/at/all",
        "//etc/passwd",
        "{own}/../other/data/a.jsonl",
        "{own}/data/../../other/data/*.jsonl",
        "{own}er/data",
        "{other}/data/a.jsonl",
        "{other}/data/*",
        "{other}/not-there",
        "data/a.jsonl",
        "~/a.jsonl",
        "file://{own}/data/a.jsonl",
        "/proc/self/environ",
        "/proc/self/root{own}/data/a.jsonl",
    ],
)
@pytest.mark.parametrize("field", ["prompts", "eval_prompts", "canaries", "policy", "reference", "reward", "judge"])
def test_what_lies_elsewhere_is_refused_in_the_same_words_whether_it_is_there_or_not(
    own: Path, path: str, field: str
) -> None:
    named = path.format(own=own, other=own.parent / "other")
    document = job_document()
    task = document["tasks"][0] | {"prompts": {"path": str(own / "data")}}
    at = {
        "prompts": ("tasks[0].prompts.path", {"prompts": {"path": named}}),
        "eval_prompts": ("tasks[0].eval_prompts.path", {"eval_prompts": {"path": named}}),
        "canaries": ("tasks[0].judges[0].canaries.path", {"judges": [{"type": "math", "canaries": {"path": named}}]}),
        "reward": ("tasks[0].reward.model", {"reward": {"model": named}}),
        "judge": (
            "tasks[0].judges[0].model.model",
            {"judges": [{"type": "llm", "model": named, "question": "safety"}]},
        ),
    }
    place, change = at.get(field, (f"{field}.model", {}))
    more = {} if change else {field: {"model": named}}
    if place.endswith("model") and "/" not in named.strip("."):
        pytest.skip("a hub id")
    if place.endswith("model") and named == "data/a.jsonl":
        return  # org/name
    job = parse_job(document | more | {"tasks": [task | change]})
    said = refused(own, job)
    assert said.startswith(f"job: {place!r} names {named!r}; here jobs read what lies in {str(own)!r}")


def linked(own: Path) -> None:
    (own / "data" / "b.jsonl").symlink_to(own.parent / "other" / "data" / "a.jsonl")


def linked_folder(own: Path) -> None:
    (own / "elsewhere").mkdir()
    (own / "data" / "more").symlink_to(own / "elsewhere")


def linked_whole(own: Path) -> None:
    os.rename(own / "data", own / "mine")
    (own / "data").symlink_to(own.parent / "other" / "data")


def saved_set(own: Path) -> None:
    state = {"_data_files": [{"filename": "../../other/data/a.arrow"}]}
    (own / "data" / "state.json").write_text(json.dumps(state))


def saved_split(own: Path) -> None:
    (own / "data" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", ".."]}))


def saved_splits(own: Path) -> None:
    (own / "data" / "dataset_dict.json").write_text(json.dumps({"splits": {"/etc": 1}}))


def adapter(own: Path) -> None:
    (own / "data" / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "/models/secret"}))


def vocabulary(own: Path) -> None:
    (own / "data" / "tokenizer_config.json").write_text(json.dumps({"vocab_file": "/etc/passwd"}))


@pytest.mark.parametrize(
    "spoil", [linked, linked_folder, linked_whole, saved_set, saved_split, saved_splits, adapter, vocabulary]
)
@pytest.mark.parametrize("pattern", ["data", "data/*"])
def test_what_leads_elsewhere_is_refused(own: Path, spoil: Callable[[Path], None], pattern: str) -> None:
    job = naming(own / pattern)
    Confinement(roots=(own,)).require(job)
    spoil(own)
    Confinement(roots=(own,)).require_named(job)  # by the names alone it is fine
    assert refused(own, job).startswith("job: 'tasks[0].prompts.path' names ")


def test_links_within_and_to_what_the_operator_allows_are_fine(own: Path) -> None:
    linked(own)
    Confinement(roots=(own, own.parent / "other")).require(naming(own / "data"))
    (own.parent / "alias").symlink_to(own)
    Confinement(roots=(own.parent / "alias",)).require(naming(own.parent / "alias" / "data" / "a.jsonl"))
    for name, said in (("state.json", {"_data_files": [{"filename": "data-0.arrow"}]}), ("adapter_config.json", [])):
        (own / "data" / name).write_text(json.dumps(said))
    Confinement(roots=(own, own.parent / "other")).require(naming(own / "data"))


def test_a_directory_that_a_hub_id_would_find_first_is_refused(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own.parent)
    assert "'policy.model' names 'other/data'" in refused(own, naming(own / "data", policy={"model": "other/data"}))
