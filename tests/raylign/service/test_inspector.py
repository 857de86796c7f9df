"""What is found in a file that a stranger sent."""

import gzip
from pathlib import Path

from data_files import write_file

from raylign.service.inspector import LONGEST, PREVIEW, look


def test_it_says_what_raylign_data_says_and_shows_the_first_rows(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text('{"prompt": "one"}\nnonsense\n')
    found = look(file, {}, 10**6)
    assert "line 2 is not JSON" in found["inspection"]["failure"]
    assert [row["text"] for row in found["rows"]] == ['{"prompt": "one"}']
    file.write_text('{"prompt": "one"}\n{"prompt": 2}\n' + '{"prompt": "' + "x" * 5000 + '"}\n' * PREVIEW)
    found = look(file, {}, 10**6)
    assert next(iter(found["inspection"]["faults"].values()))["first"].endswith("line 2")
    assert len(found["rows"][2]["text"]) == LONGEST


def test_columns_that_mean_nothing_are_a_failure_with_the_rows_to_look_at(tmp_path: Path) -> None:
    file = write_file(tmp_path / "data.csv", [{"question": "one", "answer": "1"}])
    assert "columns: {prompt: question}" in look(file, {}, 10**6)["failure"]
    assert look(file, {}, 10**6)["rows"][0]["text"] == '{"question": "one", "answer": "1"}'
    assert look(file, {"prompt": "question"}, 10**6)["inspection"]["usable"] == 1


def test_a_bomb_and_a_damaged_archive_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"prompt": "one"}\n' * 20_000))
    assert look(file, {}, 100_000) == {"refused": "it unpacks to more than 100,000 bytes"}
    assert look(file, {}, 10_000_000)["inspection"]["rows"] == 20_000
    file.write_bytes(file.read_bytes()[:-20])
    assert "cut off or no gzip file" in look(file, {}, 10_000_000)["refused"]
