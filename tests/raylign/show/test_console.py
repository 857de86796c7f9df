import io
import json
import re

import pytest
from event_stream import HOSTILE, LONG, STAGES, event_stream, failed_at_start, full_of_holes, recipe_stream
from rich.console import Console

from raylign.clock import PHASES
from raylign.record.events import Event
from raylign.record.events.payloads import RunEnded
from raylign.record.history import History
from raylign.show.console import PHASE_STYLES, LiveDisplay, clock, percent, picture, sparkline, summary

STREAMS = {
    "whole": lambda: event_stream(steps=21),
    "no evaluation": lambda: event_stream(steps=6, evaluate=False),
    "failed at start": failed_at_start,
    "holes": full_of_holes,
    "hostile": lambda: event_stream(steps=6, text=HOSTILE),
    "long": lambda: event_stream(steps=6, text=LONG),
    "twelve tasks": lambda: event_stream(steps=6, tasks=tuple(f"task-number-{at}" for at in range(12))),
}


def folded(events) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


def rendered(renderable, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(renderable, crop=False)
    return console.file.getvalue()


def shown(events, **settings) -> str:
    """What a display that is not a terminal writes."""
    console = Console(file=io.StringIO(), force_terminal=False, width=80)
    with LiveDisplay(console, **settings) as display:
        for event in events:
            display.show(event)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [50, 120])
@pytest.mark.parametrize("name", STREAMS)
def test_picture_fits_the_terminal_after_every_event(name, width):
    history = History()
    for event in STREAMS[name]():
        history.add(event)
        assert all(len(line) <= width for line in rendered(picture(history, width), width).splitlines())


def test_picture_says_where_the_run_is():
    events = [event for event in event_stream(steps=60) if event.kind != "end"]
    text = rendered(picture(folded(events), 120, places={"dashboard": "http://localhost:8265"}), 120)
    for fact in ("tiny-cgpo", "step 60/60", "weights v60", "tokens/s", "crraft", "/ 5", "deadline", "localhost:8265"):
        assert fact in text


def test_picture_shows_the_rise_of_a_task():
    line = next(line for line in rendered(picture(folded(event_stream()), 120), 120).splitlines() if "math" in line)
    assert re.search(r"\d+% \+\d+ +[▁▂▃▄▅▆▇█]{16}", line)


def test_a_narrow_terminal_shows_whole_columns():
    history = folded(event_stream(steps=6))
    for text in (rendered(picture(history, 50), 50), rendered(summary(history, 50), 50)):
        assert "satisfied" in text
        assert "instructions" in text
        assert "…" not in text


def test_a_dumb_terminal_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with LiveDisplay(console) as display:
        for event in event_stream(steps=2):
            display.show(event)
    text = console.file.getvalue()
    assert "\x1b" not in text
    assert text.count("step 1/2") == 1


def test_narrow_table_still_counts_skips():
    lines = rendered(picture(folded(event_stream()), 80), 80).splitlines()
    code = next(line for line in lines if line.startswith("code"))
    assert int(code.split()[-1]) >= 60


def test_sample_text_cannot_steer_the_terminal():
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with LiveDisplay(console) as display:
        for event in event_stream(steps=4, text=HOSTILE):
            display.show(event)
    text = console.file.getvalue()
    assert "\x1b[2J" not in text
    assert "\x1b]0;" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    assert "[bold]x[/bold]" in text


def test_plain_output_is_one_line_per_event_then_the_summary():
    events = [event for event in event_stream(steps=4) if event.kind != "samples"]
    lines = shown(event_stream(steps=4)).splitlines()  # responses are for `raylign samples`
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines[: len(events)])
    assert not re.match(r"\d\d:\d\d:\d\d ", lines[len(events)])
    assert (
        sum(" step " in line for line in lines[: len(events)] if "satisfied" in line and "evaluation" not in line) == 4
    )


@pytest.mark.parametrize("name", STREAMS)
def test_plain_output_has_no_control_codes(name):
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown(STREAMS[name]()))


def test_json_output_gives_the_events_back():
    events = list(event_stream(steps=3, text=HOSTILE))
    output = shown(events, json=True)
    assert [Event.model_validate(json.loads(line)) for line in output.splitlines()] == events
    assert output.isascii()


def test_json_output_of_nan_is_strict_json():
    for line in shown(full_of_holes(), json=True).splitlines():
        json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


@pytest.mark.parametrize("width", [80, 120])
def test_summary_tells_before_and_after(width):
    text = rendered(summary(folded(event_stream()), width), width)
    math = next(line for line in text.splitlines() if line.startswith("math"))
    assert "53% →  78% +25" in math
    assert "2.4 / 5" in math
    assert "answer 50%→80%" in math
    assert "runs/tiny/model" in text
    assert "runs/tiny/report.html" in text


def test_summary_without_evaluations_says_so():
    assert "no evaluations" in rendered(summary(folded(event_stream(evaluate=False)), 80), 80)


def test_a_recipe_says_which_stage_it_is_in_and_in_the_end_what_each_came_to():
    events = list(recipe_stream(open_from=1))
    assert "chain, stage 2 of 3: reward" in rendered(picture(folded(events), 120), 120)
    lines = shown(events).splitlines()
    assert any(line.endswith("stage 1 of 3: sft (align)") for line in lines)
    text = rendered(summary(folded(recipe_stream()), 120), 120)
    assert "chain succeeded in" in text
    for number, stage in enumerate(STAGES, 1):
        assert f"chain, stage {number} of 3: {stage}  4/4 steps" in text
    assert text.count("satisfied") == 3


def test_summary_of_a_failed_run_says_why():
    text = rendered(summary(folded(failed_at_start()), 80), 80)
    assert "failed" in text
    assert "could not load 'tiny/policy'" in text


def test_summary_never_breaks_a_path():
    path = "/very/long" * 20
    end = RunEnded(state="succeeded", message="", model=path, report=None)
    assert path in shown(event_stream(steps=2, end=end))


def test_catching_up_is_silent_and_counts():
    console = Console(file=io.StringIO(), force_terminal=False, width=80)
    *before, last = event_stream(steps=5)
    with LiveDisplay(console) as display:
        for event in before:
            display.catch_up(event)
        assert console.file.getvalue() == ""
        display.show(last)
    assert "tiny-cgpo succeeded  5/5 steps" in console.file.getvalue()


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ""), ([0.0, 0.5, 1.0], "▁▅█"), ([None, 1.0], " █"), ([0.0, 0.0, 1.0, 1.0, 1.0, 1.0], "▁██"), ([-1, 7], "▁█")],
)
def test_sparkline(values, expected):
    assert sparkline(values, 3) == expected


def test_numbers_as_people_read_them():
    assert [clock(42), clock(725), clock(11_400), clock(-1)] == ["0:42", "12:05", "3:10:00", "0:00"]
    assert [percent(0.714), percent(None)] == ["71%", "–"]


def test_every_phase_has_a_style():
    assert list(PHASE_STYLES) == list(PHASES)


@pytest.mark.parametrize(("height", "said"), [(40, True), (14, False)])
def test_the_live_picture_has_the_last_events_below_it_where_there_is_room(height, said):
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=height)
    display = LiveDisplay(console, page="http://localhost:8420/#/jobs/job_1")
    for event in list(event_stream(steps=21))[:-1]:
        display._history.add(event)
        drawn = display._picture(event)
    lines = ["".join(part.text for part in line) for line in console.render_lines(drawn, pad=False)]
    assert len(lines) < height or not said
    assert any("page http://localhost:8420" in line for line in lines)
    assert any("evaluation at step 21" in line for line in lines[-3:]) == said
    assert not any("step 1/21" in line for line in lines)  # steps are the table's to tell
