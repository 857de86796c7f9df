"""What is understood of a data file, told to people."""

import io
import json

from rich.console import Console

from raylign.show.dataview import counting, show_data
from raylign.sources.inspection import inspect
from raylign.spec.prompts import Prompts


def shown(tmp_path, *rows, **settings):
    file = tmp_path / "p.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    console = Console(file=io.StringIO(), width=80)
    show_data(inspect(Prompts(path=str(file), **settings), holdout=0.1), console)
    return console.file.getvalue().replace(str(tmp_path), "here")


def test_shape_columns_counts_lengths_and_prompts_are_told(tmp_path):
    rows = [{"q": "one [bold]", "topic": "a"}, {"q": "two\x1b[2J", "topic": "b"}, {"q": ""}]
    told = shown(tmp_path, *rows, columns={"prompt": "q"})
    assert "here/p.jsonl: 1 JSON Lines file, 3 rows\n  read as prompts: " in told
    assert "  prompt is the column 'q'\n  metadata from the columns 'topic'\n" in told
    assert "  2 prompts: 2 plain text, read as it is\n  metadata: topic in 2\n" in told
    assert "  1 (50.0%) are held out" in told
    assert "  unusable: `prompt` must be text that is not empty, it is '' (here/p.jsonl, line 3)\n" in told
    assert "characters of a prompt: 7 to 10; half have at most 7, nine in ten at most 10\n  7  ███" in told
    assert "here/p.jsonl, line 1: 10 characters\n    one [bold]\n" in told
    assert "    two\u241b[2J\n" in told


def test_what_ends_the_reading_is_told(tmp_path):
    (tmp_path / "p.jsonl").write_text('{"prompt": "a"}\n{')
    console = Console(file=io.StringIO(), width=80)
    show_data(inspect(Prompts(path=str(tmp_path / "p.jsonl"))), console)
    assert "  reading ended: " in console.file.getvalue()


def test_rows_are_counted_where_a_terminal_looks():
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with counting(console) as tell:
        tell(999)
        tell(2000)
    assert "Reading" in console.file.getvalue()
