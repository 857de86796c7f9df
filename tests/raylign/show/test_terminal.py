import io
import subprocess
import sys

import pytest

from raylign.show.terminal import STAND_INS, soften_streams, stand_in


def test_our_marks_keep_their_width_and_foreign_text_becomes_question_marks():
    error = UnicodeEncodeError("ascii", "50% → 80% é", 4, 5, "no")
    assert stand_in(error) == (">", 5)
    assert stand_in(UnicodeEncodeError("ascii", "é█", 0, 2, "no")) == ("?#", 2)
    assert all(len(chr(mark).translate(STAND_INS)) == 1 for mark in STAND_INS)


def test_other_errors_go_on():
    with pytest.raises(UnicodeDecodeError):
        stand_in(UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"))


def test_only_text_streams_are_touched(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    soften_streams()
    print("→")
    assert sys.stdout.getvalue() == "→\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_whole_display_prints_where_the_terminal_has_no_unicode(encoding, tmp_path):
    program = (
        "from raylign.show.terminal import soften_streams; soften_streams()\n"
        "from event_stream import event_stream\n"
        "from rich.console import Console\n"
        "from raylign.show.console import LiveDisplay\n"
        "with LiveDisplay(Console(force_terminal=True, width=50)) as display:\n"
        "    [display.show(event) for event in event_stream(steps=4)]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode(encoding)
    assert "45% >  " in text
    assert "PYTHONIOENCODING" not in text
