"""A first job reads well, names what the data can be judged by, and means what it says."""

import json

import pytest
from jobs import EXAMPLES

from raylign.errors import SpecError
from raylign.plan.draft import Wish, draft
from raylign.spec.document import read_yaml
from raylign.spec.load import parse_job

TINY = EXAMPLES / "tiny"


def drafted(out, **wish):
    text = draft(Wish(**{"model": str(TINY / "policy"), "prompts": str(TINY / "prompts" / "math.jsonl"), **wish}), out)
    return text, parse_job(read_yaml(text.encode()), root=out.parent)


@pytest.mark.parametrize("task", ["math", "code", "instructions"])
def test_judges_are_proposed_by_what_the_prompts_have(task):
    text, job = drafted(EXAMPLES / "job.yaml", prompts=str(TINY / "prompts" / f"{task}.jsonl"))
    assert [judge.label for judge in job.tasks[0].judges] == [task]
    assert job.tasks[0].reward.type == "rules"
    assert f"path: tiny/prompts/{task}.jsonl}}  # 256 prompts" in text
    assert max(map(len, text.splitlines())) <= 120


def test_prompts_that_say_nothing_get_a_stand_in_that_says_so(tmp_path):
    (tmp_path / "p.jsonl").write_text('{"prompt": "Hi"}\n' * 3)
    text, job = drafted(tmp_path / "job.yaml", prompts=str(tmp_path / "p.jsonl"))
    assert "a limit of length stands in" in text
    assert (job.tasks[0].prompts_per_step, job.evaluation.prompts) == (3, 3)


def test_what_is_told_is_taken(tmp_path):
    judges = ["math", "{type: length, maximum: 80}", '{type: regex, name: "a: b", pattern: "[{x}]#"}']
    _, job = drafted(
        tmp_path / "job.yaml",
        method="{type: oaif, annotator: {type: reward}}",
        judges=judges[:2],
        reward=str(TINY / "helpfulness"),
    )
    (task,) = job.tasks
    assert (task.method.type, task.samples_per_prompt, task.reward.model) == ("oaif", 2, str(TINY / "helpfulness"))
    assert [judge.label for judge in task.judges] == ["math", "length"]
    assert task.prompts.path == str(TINY / "prompts" / "math.jsonl")  # not below the job's folder: in full


@pytest.mark.parametrize("name", ["question", "a, b", "yes", "{x: #"])
def test_columns_are_read_as_written_whatever_they_are(tmp_path, name):
    file = tmp_path / "p.csv"
    file.write_text(f'"{name}",answer\nHi,2\n')
    wish = {"prompts": str(file), "eval_prompts": str(file), "columns": {"messages": name, "a: b": "answer"}}
    (task,) = drafted(tmp_path / "job.yaml", **wish)[1].tasks
    assert task.prompts.columns == task.eval_prompts.columns == wish["columns"]


@pytest.mark.parametrize("name", ["a, b", "x: y", "#", "{", "'", "yes", "1", " padded ", "ü", "-"])
def test_values_are_read_as_written_whatever_they_are(tmp_path, name):
    (tmp_path / name).mkdir(exist_ok=True)
    file = tmp_path / name / "p.jsonl"
    file.write_text(json.dumps({"prompt": "Hi"}) + "\n")
    _, job = drafted(tmp_path / "job.yaml", prompts=str(file))
    assert job.tasks[0].prompts.path == str(file)


def test_what_is_wrong_is_told_as_check_tells_it(tmp_path):
    with pytest.raises(SpecError, match="there is no model directory"):
        drafted(tmp_path / "job.yaml", model="./nothing")
    with pytest.raises(SpecError, match="is neither a type, `math`, nor written out"):
        drafted(tmp_path / "job.yaml", judges=["[1]"])
    with pytest.raises(SpecError, match="unknown type 'crgp'; did you mean 'crpg'"):
        drafted(tmp_path / "job.yaml", method="crgp")
