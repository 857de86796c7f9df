import io

from rich.console import Console

from raylign.show.judgeview import MOST_REASONS, show_judged

FOUND = {
    "rows": 8,
    "satisfied": 4,
    "violated": 3,
    "abstained": 1,
    "left_out": 0,
    "reasons": {"violated": {"\x1b[2Jtimeout [bold]": 2, "no code block": 1}, "abstained": {"crashed": 1}},
    "labeled": 7,
    "agree": 6,
}


def table(**changes):
    console = Console(file=io.StringIO(), width=60, color_system=None)
    show_judged(FOUND | changes, console)
    return console.file.getvalue()


def test_verdicts_with_their_share_above_their_reasons():
    lines = [line.split() for line in table().splitlines()]
    assert lines == [
        ["verdict", "rows", "share", "reason"],
        ["satisfied", "4", "50.0", "%"],
        ["violated", "3", "37.5", "%"],
        ["2", "25.0", "%", "␛[2Jtimeout", "[bold]"],
        ["1", "12.5", "%", "no", "code", "block"],
        ["abstained", "1", "12.5", "%"],
        ["1", "12.5", "%", "crashed"],
        ["left", "out", "0", "0.0", "%"],
        [],
        ["agrees", "with", "6", "of", "7", "labels,", "85.7", "%"],
    ]


def test_many_reasons_are_cut_and_said_to_be():
    reasons = {"violated": {f"{words} words": 1 for words in range(MOST_REASONS + 3)}, "abstained": {}}
    assert "3 37.5 % 3 other reasons" in " ".join(table(reasons=reasons).split())


def test_without_labels_or_rows_nothing_is_divided():
    assert "no labels" in table(labeled=0, agree=0)
    assert "no labels" in table(rows=0, satisfied=0, violated=0, abstained=0, labeled=0, agree=0)
