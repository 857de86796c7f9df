import io

import pytest
from event_stream import sample
from rich.console import Console

from raylign.loop.sides import Row, Sides
from raylign.show.sideview import show_sides


def test_metrics_stand_with_their_intervals_and_samples_below():
    rows = [
        Row(name="satisfied", share=True, values=(0.5, 0.75), bounds=((0.4, 0.6), (0.65, 0.83)), change=(0.1, 0.4)),
        Row(name="reward", share=False, values=(0.5, None)),
    ]
    pair = sample("math", 0, 0.0, None), sample("math", 0, 1.0, None)
    found = Sides(task="math", prompts=96, rows=rows, samples=[pair])
    console = Console(file=io.StringIO(), width=100)
    show_sides(found, console)
    told = console.file.getvalue()
    assert "math, 96 prompts" in told
    assert "50% (40% to 60%)  75% (65% to 83%)  +10% to +40%" in told
    assert "base   violated: I think 4? Who knows!" in told
    assert "result satisfied: The answer is 11." in told


@pytest.mark.parametrize(("change", "code"), [((0.1, 0.4), "32"), ((-0.4, -0.1), "31"), ((-0.1, 0.4), None)])
def test_what_surely_rose_is_green_and_what_fell_red(change, code):
    row = Row(name="satisfied", share=True, values=(0.5, 0.5), change=change)
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system="standard")
    show_sides(Sides(task="math", prompts=9, rows=[row], samples=[]), console)
    assert [found for found in ("31", "32") if f"\x1b[{found}m" in console.file.getvalue()] == [code] * (
        code is not None
    )
