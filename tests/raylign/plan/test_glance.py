"""What is refused of a job by who sees only some of its files, and little of long ones."""

import json

import pytest

from raylign.errors import SpecError
from raylign.plan.check import check_job
from raylign.plan.glance import glance
from raylign.spec import parse_job

ANSWERED = {"prompt": "What is 1 + 1?", "metadata": {"answer": "2"}}


@pytest.fixture
def job(tmp_path):
    def build(*rows, path=None, **settings):
        file = tmp_path / "prompts.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        task = {
            "name": "math", "prompts": {"path": str(path or file)}, "prompts_per_step": 2,
            "reward": {"model": "org/rm"}, "judges": [{"type": "math"}], "method": {"type": "crpg"},
        }  # fmt: skip
        return parse_job({"name": "tiny", "steps": 5, "policy": {"model": "org/policy"}, "tasks": [task], **settings})

    return build


def test_a_job_in_which_nothing_is_wrong_passes(job):
    glance(job(ANSWERED, ANSWERED))


@pytest.mark.parametrize(
    "rows",
    [
        [ANSWERED],
        [ANSWERED, {"prompt": ""}],
        [{"prompt": "a"}, {"prompt": "b"}],
        [ANSWERED, {"promt": "a"}],
    ],
)
def test_what_is_seen_is_refused_in_the_words_of_check(job, rows):
    with pytest.raises(SpecError) as checked:
        check_job(job(*rows))
    with pytest.raises(SpecError) as seen:
        glance(job(*rows))
    assert str(seen.value) == str(checked.value)


def test_a_model_that_is_seen_is_looked_at(job, tmp_path):
    with pytest.raises(SpecError, match=r"config\.json is missing"):
        glance(job(ANSWERED, ANSWERED, policy={"model": str(tmp_path)}))


@pytest.mark.parametrize("path", ["/nowhere/prompts.jsonl", "prompts.jsonl", "~/prompts.jsonl"])
def test_what_is_not_seen_here_may_be_there_for_the_workers(job, path):
    glance(job(path=path, policy={"model": path}))


def test_of_a_long_file_the_beginning_is_looked_at(job):
    rows = [{"prompt": "no metadata"}, ANSWERED]
    glance(job(*rows), seconds=-1)
    with pytest.raises(SpecError, match="line 1 must have either .* `columns: {prompt: promt}`"):
        glance(job({"promt": "a"}, *rows), seconds=-1)


def test_directories_and_what_takes_a_library_are_left_to_the_workers(job, tmp_path):
    (tmp_path / "p.parquet").write_bytes(b"no parquet")
    for path in (tmp_path / "p.parquet", tmp_path, "/", "hf://org/name"):
        glance(job(path=path))
    with pytest.raises(SpecError, match="cannot read .* as parquet"):
        check_job(job(path=tmp_path / "p.parquet"))


def test_an_endpoint_that_the_operator_does_not_know_is_refused_and_otherwise_left_to_the_workers(
    job, tmp_path, monkeypatch
):
    made = job(ANSWERED, ANSWERED)
    asked = parse_job(made.model_dump() | {"tasks": [_rewarded(made.tasks[0], endpoint="scores")]})
    monkeypatch.delenv("RAYLIGN_ENDPOINTS", raising=False)
    glance(asked)
    (tmp_path / "endpoints.yaml").write_text("large: {url: 'http://a'}")
    monkeypatch.setenv("RAYLIGN_ENDPOINTS", str(tmp_path / "endpoints.yaml"))
    glance(made)
    with pytest.raises(SpecError, match="endpoint 'scores' is none that the operator registered; known are large"):
        glance(asked)


def _rewarded(task, **reward):
    return task.model_dump() | {"reward": {"type": "endpoint", **reward}}
