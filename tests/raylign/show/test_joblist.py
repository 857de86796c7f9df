import io

import pytest
from rich.console import Console

from raylign.show.joblist import show_jobs

JOB = {
    "id": "job_01arz3ndektsv4rrffq69g5fav",
    "name": "a-name-that-is-rather-long-for-a-narrow-terminal",
    "state": "running",
    "attempts": [{}, {}],
    "status_reason": "waits for 2 GPUs,\nthe cluster has 1 free",
}


def listing(width: int, *, terminal: bool, jobs=(JOB,)) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    show_jobs(jobs, console)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_terminal_of_any_width_shows_whole_ids_and_keeps_its_columns(width):
    lines = listing(width, terminal=True)
    assert any(JOB["id"] in line for line in lines)
    assert all(len(line) <= width for line in lines)


def test_a_pipe_gets_whole_values_parted_by_tabs():
    (line,) = listing(50, terminal=False)
    assert line.split("\t") == [JOB["id"], JOB["name"], "running", "2", "waits for 2 GPUs, the cluster has 1 free"]


def test_no_jobs_is_told_to_people_and_nothing_to_pipes():
    assert "raylign submit" in listing(80, terminal=True, jobs=())[0]
    assert listing(80, terminal=False, jobs=()) == []
