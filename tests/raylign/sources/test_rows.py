"""Rows of files: which line is wrong and how; what columns mean, as the job names them or as they are known."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raylign.errors import SpecError
from raylign.sources.rows import Rows
from raylign.sources.rows import rows as prompt_rows
from raylign.sources.shapes import SHAPES
from raylign.spec.prompts import Prompts


def read_rows(prompts: Prompts, **settings):
    return [row for _, row in prompt_rows(prompts, **settings)]


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
        (
            {"prompt": "a", "answer": "4", "metadata": {"answer": "5"}},
            "line 2 has two values for metadata 'answer', '5' and, as a column, '4': rename the column by `columns`",
        ),
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
    with pytest.raises(SpecError, match="the directory .* holds no data"):
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


def understood(tmp_path, *lines, **settings):
    """``(rows, what was understood)``."""
    file = tmp_path / "prompts.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    reading = Rows(Prompts(path=str(file), **settings))
    return [row for _, row in reading], reading.understood


def test_other_columns_are_metadata_and_that_is_said(tmp_path):
    found, said = understood(
        tmp_path, {"prompt": "a", "answer": "4"}, {"prompt": "b", "level": 2, "metadata": {"answer": "5"}}
    )
    assert found == [
        {"prompt": "a", "metadata": {"answer": "4"}},
        {"prompt": "b", "metadata": {"answer": "5", "level": 2}},
    ]
    assert said == "metadata from the columns 'answer', 'level'"
    assert understood(tmp_path, {"prompt": "a", "metadata": {"answer": "4"}})[1] == ""


def test_of_many_columns_the_first_are_said(tmp_path):
    found, said = understood(tmp_path, *({"prompt": "a", f"key{row}": row} for row in range(20)))
    assert found[19] == {"prompt": "a", "metadata": {"key19": 19}}
    assert said.endswith("'key10', 'key11' and more")


def test_columns_have_the_names_that_the_job_gives_them(tmp_path):
    columns = {"prompt": "question", "answer": "solution"}
    found, _ = understood(tmp_path, {"question": "a", "solution": "4", "level": 2}, columns=columns)
    assert found == [{"prompt": "a", "metadata": {"answer": "4", "level": 2}}]
    swapped, _ = understood(tmp_path, {"prompt": "4", "answer": "a"}, columns={"prompt": "answer", "answer": "prompt"})
    assert swapped == [{"prompt": "a", "metadata": {"answer": "4"}}]


@pytest.mark.parametrize(
    ("line", "columns", "says"),
    [
        ({"question": "a", "level": 2}, {"prompt": "questoin"}, "line 1 has no column 'questoin', which `columns` "
         "names; did you mean 'question'. It has: 'question', 'level'"),
        ({"question": "a", "solution": "4"}, {"prompt": "question", "answer": "soluton"}, "has no column 'soluton'"),
        ({"question": "a", "prompt": "b"}, {"prompt": "question"}, "has a column 'prompt' of its own"),
        ({"Question": "a", "level": 2}, {}, "neither, and is of no known shape; its columns: 'Question', 'level'. Say "
         "which is the prompt: `columns: {prompt: Question}`"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_answered_with_the_files_own(tmp_path, line, columns, says):
    with pytest.raises(SpecError, match=says):
        understood(tmp_path, line, columns=columns)


COLUMNS = sorted({column for shape in SHAPES for column in shape.takes})
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 9)
    | st.sampled_from(["", "a", "#### 1", "\n\nHuman: a", "[", "{", "user"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["role", "content", "x"]), inner),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), JSON, max_size=5), min_size=1, max_size=2))
def test_whatever_rows_hold_is_read_or_refused(tmp_path_factory, rows):
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    try:
        found = read_rows(Prompts(path=str(file)))
    except SpecError as error:
        assert str(file) in str(error)  # noqa: PT017
    else:
        assert all(("prompt" in row) != ("messages" in row) for row in found)
