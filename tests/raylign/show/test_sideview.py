import io

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
