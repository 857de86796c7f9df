"""Prompts files: which line is wrong and how; rendering with and without a chat template."""

import json
import os

import pytest

from raylign.errors import SpecError
from raylign.sources.prompts import render
from raylign.sources.prompts import rows as prompt_rows
from raylign.spec.prompts import Prompts


def read_rows(prompts: Prompts, **settings):
    return [row for _, row in prompt_rows(prompts, **settings)]


class Words:
    """A tokenizer of words, with or without a chat template."""

    eos_token_id = 0

    def __init__(self, chat_template="yes"):
        self.chat_template = chat_template

    def encode(self, text, *, add_special_tokens):
        return [99] * add_special_tokens + [len(word) for word in text.split()]

    def apply_chat_template(self, conversation, *, tokenize, add_generation_prompt):
        turns = " ".join(f"<{turn['role']}> {turn['content']}" for turn in conversation)
        return turns + " <assistant>" * add_generation_prompt


def rows(tmp_path, *lines, **settings):
    file = tmp_path / "prompts.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return read_rows(Prompts(path=str(file)), **settings)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{nope", "line 2 is not JSON: .* at column 2"),
        ([1], "line 2 must be an object with `prompt` or `messages`, it is list"),
        ({"prompt": "a", "messages": []}, "line 2 must have either `prompt` or `messages`, it has both"),
        ({"metadata": {}}, "line 2 must have either `prompt` or `messages`, it has neither"),
        ({"prompt": ""}, "line 2: `prompt` must be text that is not empty"),
        ({"prompt": "a", "answer": "4"}, "line 2 has unknown key 'answer'; put what judges need under `metadata`"),
        ({"prompt": "a", "metadata": [1]}, r"line 2: `metadata` must be an object, it is \[1\]"),
        ({"prompt": "a", "baseline": 4}, "line 2: `baseline` must be text, it is 4"),
        ({"messages": []}, "line 2: `messages` must be a list of turns that is not empty"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "line 2: a turn is .*, not {'role': 'robot'"),
        ({"messages": [{"role": "user"}]}, "line 2: a turn is"),
        (
            {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
            "line 2: the last turn is the assistant's",
        ),
        ('{"prompt": "\\ud800"}', r"line 2 holds half a character, U\+D800"),
        ('{"messages": [{"role": "user", "content": "a\\uDC00"}]}', r"line 2 holds half a character, U\+DC00"),
        ('{"prompt": "a", "metadata": {"answer": NaN}}', "line 2 is not JSON: NaN is no JSON number"),
        ('{"prompt": "a", "metadata": {"answer": 1' + "0" * 5000 + "}}", "line 2 is not JSON: Exceeds the limit"),
        ('{"prompt": ' + "[" * 100_000, "line 2 is not JSON: maximum recursion depth"),
        ({"prompt": "a", "metadata": ["x" * 10_000]}, "`metadata` must be an object, it is .{1,100}$"),
    ],
)
def test_the_wrong_line_is_named(tmp_path, line, says):
    with pytest.raises(SpecError, match=says):
        rows(tmp_path, {"prompt": "fine"}, line)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(SpecError, match="holds no prompts"):
        rows(tmp_path, "", "  ")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SpecError, match="cannot read the prompts file .*No such file"):
        read_rows(Prompts(path=str(tmp_path / "none.jsonl")))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "p.jsonl").write_bytes(b'{"prompt": "\xff"}')
    with pytest.raises(SpecError, match="is not UTF-8 text"):
        read_rows(Prompts(path=str(tmp_path / "p.jsonl")))


def test_lines_end_in_line_feeds_alone(tmp_path):
    """A byte order mark, carriage returns and blank lines are no data; U+2028 inside a text is."""
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(
        '\ufeff{"prompt": "a\u2028b"}\r\n\r\n \n{"prompt": "c", "metadata": {"\u0085": "\\u00e9"}}'.encode()
    )
    assert [(number, row["prompt"]) for number, row in prompt_rows(Prompts(path=str(file)))] == [
        (1, "a\u2028b"),
        (4, "c"),
    ]


def test_the_byte_that_is_no_text_is_found_by_its_line(tmp_path):
    (tmp_path / "p.jsonl").write_bytes(b'{"prompt": "a"}\n{"prompt": "\xff"}')
    with pytest.raises(SpecError, match="line 2 is not UTF-8 text: invalid start byte at its byte 12"):
        read_rows(Prompts(path=str(tmp_path / "p.jsonl")))


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", "/dev/zero", "/dev/stdin"):
        with pytest.raises(SpecError, match="cannot read the prompts file .*: it is a device, a pipe or a socket"):
            read_rows(Prompts(path=str(path)))
    with pytest.raises(SpecError, match="it is a directory"):
        read_rows(Prompts(path=str(tmp_path)))
    with pytest.raises(SpecError, match="holds no prompts"):
        read_rows(Prompts(path="/proc/self/environ"))  # regular, of no size


def test_a_line_without_end_is_not_held(tmp_path):
    file = tmp_path / "p.jsonl"
    with file.open("wb") as sparse:
        sparse.truncate(10 * 2**30)
    with pytest.raises(SpecError, match="line 1 has more than 67108864 bytes"):
        read_rows(Prompts(path=str(file)))


def test_rows_are_read_one_at_a_time(tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text(f"{json.dumps({'prompt': 'a'})}\n" * 2 + "{broken")
    reading = prompt_rows(Prompts(path=str(file)))
    assert next(reading) == (1, {"prompt": "a"})


def test_a_missing_baseline_is_refused_where_the_task_needs_it(tmp_path):
    with pytest.raises(SpecError, match="line 2 has no `baseline`"):
        rows(tmp_path, {"prompt": "a", "baseline": "b"}, {"prompt": "c"}, need_baseline=True)


def test_the_limit_takes_the_first_lines(tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text("\n".join(json.dumps({"prompt": str(n)}) for n in range(9)))
    assert [row["prompt"] for row in read_rows(Prompts(path=str(file), limit=2))] == ["0", "1"]


def test_a_plain_prompt_is_read_as_it_is_and_messages_through_the_template():
    made = render(
        "chat",
        [{"prompt": "hi there", "metadata": {"a": 1}}, {"messages": [{"role": "user", "content": "hello"}]}],
        Words(),
        max_prompt_tokens=9,
    )
    assert (made[0].text, made[0].token_ids, made[0].question) == ("hi there", (99, 2, 5), "hi there")
    assert (made[1].text, made[1].question) == ("<user> hello <assistant>", "hello")
    assert made[1].token_ids == (6, 5, 11)  # the template brings its own special tokens
    assert [prompt.id for prompt in made] == ["chat/0", "chat/1"]
    assert made[0].metadata == {"a": 1}


def test_messages_without_a_chat_template_are_refused():
    with pytest.raises(SpecError, match="task 'chat', prompt 0 has `messages`, but .* no chat template"):
        render("chat", [{"messages": [{"role": "user", "content": "x"}]}], Words(None), max_prompt_tokens=9)


def test_a_prompt_that_leaves_no_room_is_refused():
    with pytest.raises(SpecError, match="task 'chat', prompt 0: 4 tokens leave no room for an answer, the limit is 3"):
        render("chat", [{"prompt": "a b c"}], Words(), max_prompt_tokens=3)
