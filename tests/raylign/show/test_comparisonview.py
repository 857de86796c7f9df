import io

from event_stream import event_stream
from rich.console import Console

from raylign.record.rundir import RunDirectory
from raylign.show.comparisonview import show_comparison
from raylign.show.report.comparison import compare


def test_a_line_of_each_run_and_what_they_were_told_differently(tmp_path):
    for name, steps in (("first", 2), ("second", 4)):
        with RunDirectory.create(tmp_path / name, {"name": name, "steps": steps}) as run:
            for event in event_stream(steps=steps, tasks=("math",)):
                run.append(event)
    console = Console(file=io.StringIO(), width=100)
    show_comparison(compare([tmp_path / "first", tmp_path / "second"]), console)
    told = console.file.getvalue()
    assert "math  first" in told
    assert "math  second" in told
    assert "first   45% → 70%  60% to 78%    1.00  2.40      20" in told
    assert "steps: first 2, second 4" in told
