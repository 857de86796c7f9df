"""Pairs labelled in the terminal, by the command."""

import json

import pytest
from typer.testing import CliRunner

from raylign.cli.app import app
from raylign.spec import parse_job


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"question {at}", "chosen": f"good {at}", "rejected": f"bad {at}"} for at in range(4)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def label(pairs, keys, *arguments):
    done = CliRunner().invoke(app, ["label", str(pairs), str(pairs.parent / "labels.jsonl"), *arguments], input=keys)
    return done


def test_two_labellers_stop_and_go_on_and_their_word_is_a_preference_file(pairs):
    out = pairs.parent / "preferences.jsonl"
    first = label(pairs, "12", "--labeller", "anna")
    assert first.exit_code == 0, first.output
    assert "1 of 4" in first.output
    assert "anna: 2 of 4 pairs" in first.output
    assert "3 of 4" in label(pairs, "1=q", "--labeller", "anna").output
    second = json.loads(label(pairs, "1111", "--labeller", "bert", "--json").stdout)
    assert (second["pairs"], second["said"], second["written"]) == (4, 4, None)
    assert second["agreement"][0]["labellers"] == ["anna", "bert"]
    assert second["agreement"][0]["pairs"] == 3
    told = json.loads(label(pairs, "", "--out", str(out), "--json").stdout)  # nobody is asked
    assert told["said"] == 0
    agreed = second["agreement"][0]["agreed"]
    assert told["written"] == {key: n for key, n in (("labelled", 1 + agreed), ("contradicting", 3 - agreed)) if n}
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 1 + agreed
    assert rows[0].keys() == {"prompt", "chosen", "rejected"}
    document = {"kind": "preferences", "name": "n", "steps": 1, "policy": {"model": "m"}}
    parse_job({**document, "tasks": [{"name": "t", "prompts": {"path": str(out)}}]})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--labeller", " "), "--labeller is a name of 1 to"), (("--out", "PAIRS"), "which is read here")],
)
def test_what_makes_no_sense_is_refused(pairs, arguments, says):
    done = label(pairs, "", *(str(pairs) if word == "PAIRS" else word for word in arguments))
    assert (type(done.exception).__name__, says in str(done.exception)) == ("SpecError", True)
