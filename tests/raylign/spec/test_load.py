"""Job documents: right ones load, wrong ones are refused in words that name the key, the value and the remedy."""

import json

import pytest
import yaml
from documents import document, task

from raylign.errors import SpecError
from raylign.spec import load_job, parse_job
from raylign.spec.kinds.align import Align


def test_the_design_s_document_loads():
    job = parse_job(document())
    assert job.tasks[0].method.kl_max == 5.0
    assert job.tasks[0].baseline_source == "reference"
    assert job.rollout.max_staleness == 0


@pytest.mark.parametrize("dump", [yaml.safe_dump, json.dumps])
def test_files_load_and_paths_are_taken_from_their_folder(tmp_path, dump):
    (tmp_path / "models" / "policy").mkdir(parents=True)
    file = tmp_path / "job.yaml"
    file.write_text(dump(document(policy={"model": "models/policy"})))
    job = load_job(file)
    assert job.policy.model == str(tmp_path / "models" / "policy")
    assert job.tasks[0].prompts.path == str(tmp_path / "math.jsonl")
    assert job.tasks[0].reward.model == "org/rm"  # not a folder here: a hub id


def test_a_tilde_is_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(task(prompts={"path": "~/p.jsonl"}, reward={"model": "~/rm"})))
    (loaded,) = load_job(file).tasks
    assert (loaded.prompts.path, loaded.reward.model) == (f"{tmp_path}/home/p.jsonl", f"{tmp_path}/home/rm")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"a: [", "is not YAML"), (b"\xff\xfe\x00", "is not UTF-8 text"), (None, "cannot read the job file")],
)
def test_unreadable_files_are_explained(tmp_path, content, says):
    file = tmp_path / "job.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SpecError, match=says):
        load_job(file)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ([1, 2], "a job is a mapping of settings, this is list"),
    ],
)
def test_what_is_no_mapping_is_no_job(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)


def test_a_job_that_names_no_kind_is_an_alignment():
    assert "kind" not in document()
    job = parse_job(document())
    assert type(job) is Align
    assert parse_job(document(kind="align")) == job


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("algin", "job: unknown kind 'algin'; did you mean 'align'? Kinds: align"),
        ("nothing like it", "job: unknown kind 'nothing like it'; Kinds: align"),
        (None, "job: unknown kind None; Kinds: align"),
        (["align"], "job: unknown kind ['align']"),
        ({}, "job: unknown kind {}"),
        ("x" * 5000, "Kinds: align"),
    ],
)
def test_a_kind_that_no_job_is(kind, says):
    with pytest.raises(SpecError) as refused:
        parse_job(document(kind=kind))
    assert says in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_path_among_a_users_own_keys_is_none_of_the_jobs(tmp_path):
    judges = [
        {"type": "length", "when": {"path": "here"}},
        {"type": "json", "json_schema": {"const": {"path": "here"}}},
    ]
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(task(judges=judges)))
    length, schema = load_job(file).tasks[0].judges
    assert length.when == {"path": "here"}
    assert schema.json_schema == {"const": {"path": "here"}}
