"""A data file in the policy's tokens, as the command starts it."""

import argparse
import json

import pytest
from jobs import EXAMPLES

from actors.text import inspection
from raylign.errors import SpecError

MATH = {"path": str(EXAMPLES / "tiny" / "prompts" / "math.jsonl")}


def run(*arguments, prompts=MATH):
    parser = argparse.ArgumentParser()
    inspection.arguments(parser)
    told = ("--model", EXAMPLES / "tiny" / "policy", "--prompts", json.dumps(prompts), "--holdout", 0.1, "--shown", 2)
    return inspection.run(parser.parse_args([*map(str, told), *arguments]))


def test_lengths_are_in_the_policys_tokens_and_prompts_as_it_reads_them(capsys):
    assert run("--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["unit"], found["limit"], found["usable"], found["templated"]) == ("tokens", 128, 256, 256)
    assert found["shown"][0]["text"].startswith("<|user|>Tom ran 90 miles")
    assert found["shown"][0]["text"].endswith("<|end|><|assistant|>")
    assert len(found["shown"]) == 2


def test_what_leaves_no_room_is_told(capsys):
    assert run("--context", "40", "--max-tokens", "25") == 0
    said = capsys.readouterr().out
    assert "are too long, of more than 15 tokens, and left out" in said
    assert "20 tokens, too long\n" in said
    with pytest.raises(SpecError, match="a response of 40 tokens leaves no room for a prompt in a context of 40"):
        run("--context", "40", "--max-tokens", "40")


def test_plain_text_to_a_chat_model_is_remarked(tmp_path, capsys):
    file = tmp_path / "p.csv"
    file.write_text("question,answer\nWhat is 2 + 3?,5\n")
    assert run(prompts={"path": str(file), "columns": {"prompt": "question"}}) == 0
    assert "`--columns messages=question` makes it the user's turn" in capsys.readouterr().out
    assert run(prompts={"path": str(file), "columns": {"messages": "question"}}) == 0
    assert "<|user|>What is 2 + 3?<|end|><|assistant|>" in capsys.readouterr().out
