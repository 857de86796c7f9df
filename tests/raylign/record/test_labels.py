"""Labels on disk: each as it was said, the last word counts, a torn line is not there."""

import json

import pytest

from raylign.errors import RunError, SpecError
from raylign.record.labels import Labels


def test_the_last_word_counts_and_what_was_taken_back_is_still_to_be_read(tmp_path):
    path = tmp_path / "labels.jsonl"
    labels = Labels(path)
    labels.say("a", "anna", "first")
    labels.say("a", "bert", "tie")
    labels.say("a", "anna", "second")
    labels.say("b", "anna", "skip")
    labels.unsay("b", "anna")
    assert labels.words == Labels(path).words == {"a": {"anna": "second", "bert": "tie"}, "b": {}}
    assert [json.loads(line)["word"] for line in path.read_text().splitlines()] == [
        "first", "tie", "second", "skip", "unsaid"
    ]  # fmt: skip


def test_a_torn_line_is_not_there_and_the_next_word_begins_anew(tmp_path):
    path = tmp_path / "labels.jsonl"
    Labels(path).say("a", "anna", "first")
    whole = path.read_text()
    for cut in range(1, len(whole)):
        path.write_text(whole + whole[:cut])
        labels = Labels(path)
        labels.say("b", "anna", "tie")
        assert Labels(path).words == {"a": {"anna": "first"}, "b": {"anna": "tie"}}


@pytest.mark.parametrize(
    ("line", "says"),
    [('{"pair": "a", "labeller": "b", "word": "third"}', "label 1: 'third' is no word"), ("[]", "a label is")],
)
def test_what_is_no_label_is_refused_by_its_place(tmp_path, line, says):
    (tmp_path / "labels.jsonl").write_text(line + "\n")
    with pytest.raises(SpecError, match=says):
        Labels(tmp_path / "labels.jsonl")


def test_a_damaged_line_is_refused(tmp_path):
    (tmp_path / "labels.jsonl").write_text("{\n")
    with pytest.raises(RunError, match="line 1 is damaged"):
        Labels(tmp_path / "labels.jsonl")
