import io

from rich.console import Console

from raylign.show.judgeview import MOST_DISAGREEMENTS, MOST_REASONS, show_judged, show_trials

FOUND = {
    "rows": 8,
    "satisfied": 4,
    "violated": 3,
    "abstained": 1,
    "left_out": 0,
    "reasons": {"violated": {"\x1b[2Jtimeout [bold]": 2, "no code block": 1}, "abstained": {"crashed": 1}},
    "labeled": 7,
    "agree": 6,
    "accuracy": {"value": 6 / 7, "bounds": [0.487, 0.974]},
    "classes": {
        "satisfied": {
            "labeled": 4, "abstained": 0, "found": {"value": 1.0, "bounds": [0.51, 1.0]},
            "right": {"value": 0.8, "bounds": [0.38, 0.96]},
        },
        "violated": {
            "labeled": 3, "abstained": 1, "found": {"value": 2 / 3, "bounds": [0.208, 0.939]},
            "right": None,
        },
    },
    "kappa": {"value": 0.696, "bounds": [0.14, 1.0]},
    "seconds": {"mean_s": 0.0125, "p95_s": 2.5},
    "disagreements": [
        {
            "line": 3, "gold": "violated", "verdict": "satisfied", "reason": "", "prompt": "\x1b[2JHi",
            "response": "an answer [bold] of two\nlines",
        },
    ],
}  # fmt: skip
UNLABELED = {"labeled": 0, "agree": 0, "disagreements": []}


AGREEMENT = [
    "agrees with 6 of 7 labels, 85.7 % (49 to 97)",
    "satisfied: finds 100.0 % of 4 (51 to 100); right in 80.0 % of what it calls so",
    "violated: finds 66.7 % of 3 (21 to 94); abstains on 1 more",
    "Cohen's kappa 0.70 (0.14 to 1.00)",
    "a verdict takes 12.5 ms, 95 in 100 at most 2.5 s",
    "",
    "line 3: labeled violated, judged satisfied",
    "  prompt: ␛[2JHi",
    "  response: an answer [bold] of two lines",
]


def table(**changes):
    console = Console(file=io.StringIO(), width=100, color_system=None)
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
        *(line.split() for line in AGREEMENT),
    ]


def test_many_reasons_are_cut_and_said_to_be():
    reasons = {"violated": {f"{words} words": 1 for words in range(MOST_REASONS + 3)}, "abstained": {}}
    assert "3 37.5 % 3 other reasons" in " ".join(table(reasons=reasons).split())


def test_without_labels_or_rows_nothing_is_divided():
    assert "no labels" in table(**UNLABELED)
    assert "no labels" in table(
        **UNLABELED, rows=0, satisfied=0, violated=0, abstained=0, seconds={"mean_s": None, "p95_s": None}
    )


def test_several_judges_stand_under_their_labels_and_of_many_disagreements_some_are_shown():
    console = Console(file=io.StringIO(), width=100, color_system=None)
    many = FOUND | {"disagreements": FOUND["disagreements"] * 9, "labeled": 30, "agree": 6, "kappa": None}
    show_trials({"math": FOUND, "safe": many}, console)
    lines = console.file.getvalue().splitlines()
    assert [line for line in lines if line in ("math", "safe")] == ["math", "safe"]
    assert sum(line.startswith("line 3:") for line in lines) == 1 + MOST_DISAGREEMENTS
    assert "and 19 other disagreements: see --json" in lines
    assert "Cohen's kappa: not defined, for both have one word" in lines
