"""A conversation with the tiny policy: turn by turn by its chat template, or plain text."""

import json
import shutil

import pytest
from jobs import EXAMPLES

from actors.chatting import Chat, Manner, converse
from raylign.errors import SpecError

POLICY = EXAMPLES / "tiny" / "policy"


def chat(model=POLICY, **manner):
    manner = Manner(**{"temperature": 0.0, "max_tokens": 24, **manner})
    return Chat(str(model), manner, dtype="float32", device="cpu")


def test_lines_are_answered_until_there_are_no_more(capsys):
    converse(chat(), ["What is 20 + 4?\n", "\n", "/new\n", "What is 20 + 4?"], as_json=True)
    first, again = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["prompt"] == "What is 20 + 4?"
    assert first["response"] == again["response"] != ""  # greedy, and nothing is remembered past /new


def test_an_answer_is_heard_as_it_comes(capsys):
    said = chat().answer("What is 20 + 4?", aloud=True)
    assert capsys.readouterr().out.strip() == said.strip()


def test_a_model_without_a_template_reads_the_line_as_it_is(tmp_path):
    base = tmp_path / "base"
    shutil.copytree(POLICY, base, ignore=shutil.ignore_patterns("chat_template*"))
    config = base / "tokenizer_config.json"
    config.write_text(json.dumps({k: v for k, v in json.loads(config.read_text()).items() if k != "chat_template"}))
    assert chat(base).answer("20 + 4 =", aloud=False)
    with pytest.raises(SpecError, match="has no chat template, so it reads plain text: leave out --system"):
        chat(base, system="Be brief.")
