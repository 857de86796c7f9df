"""A data file looked at from the command line."""

import json

import pytest
from command import raylign

from raylign.cli.data import named
from raylign.errors import SpecError


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "questions.csv"
    made.write_text("question,answer\nWhat is 2 + 3?,5\nWhat is 4 + 4?,8\n")
    return made


def test_a_file_is_shown_and_a_machine_is_told(file):
    done = raylign("data", file, "--columns", "messages=question")
    assert done.returncode == 0, done.stderr
    assert "1 CSV file, 2 rows" in done.stdout
    assert "User: What is 2 + 3?" in done.stdout
    found = json.loads(raylign("data", file, "--columns", "messages=question", "-n", "1", "--json").stdout)
    assert (found["rows"], found["metadata"], len(found["shown"])) == (2, {"answer": 2}, 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Say which is the prompt: `columns: {prompt: question}`"),
        (("--columns", "prompt=qestion"), "has no column 'qestion', which `columns` names; did you mean 'question'?"),
        (("--columns", "question"), "--columns 'question' is no OURS=THEIRS: write prompt=question"),
        (("--columns", "prompt=a,prompt=b"), "--columns gives one name to two columns"),
        (("--split", "test"), "is one file and has no splits"),
        (("--context", "100"), "--context is in tokens of the policy: name it by --model"),
        (("--model", "./nothing"), "there is no model directory"),
    ],
)
def test_bad_input_is_told_in_a_sentence(file, arguments, says):
    done = raylign("data", file, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_unusable_rows_are_shown_and_end_in_status_2(file):
    file.write_text(file.read_text() + ",3\n")
    done = raylign("data", file, "--columns", "prompt=question")
    assert done.returncode == 2
    assert "2 prompts" in done.stdout
    assert "1 of the 3 rows" in done.stderr


def test_columns_are_named_one_by_one_or_together():
    together = named("p.csv", ["prompt=a,answer=b"])
    assert together == named("p.csv", ["prompt=a", "answer=b"])
    assert together.columns == {"prompt": "a", "answer": "b"}
    assert named("hf://org/name", [], subset="x").path == "hf://org/name"
    with pytest.raises(SpecError, match="the data: 'split'"):
        named("p.csv", [], split="")
