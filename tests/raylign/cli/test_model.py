"""A run's model from the command line, as far as it is refused before the workers' side begins."""

import pytest
from command import raylign
from documents import document

from raylign.record.rundir import RunDirectory


@pytest.fixture
def run(tmp_path):
    with RunDirectory.create(tmp_path / "run", document()) as run:
        return run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("chat",), "has no model yet: `raylign run --resume"), (("eval", "p.jsonl"), "has no model yet")],
)
def test_a_run_without_a_model_says_how_to_go_on(run, arguments, says):
    command, *more = arguments
    done = raylign(command, run.path, *more)
    assert done.returncode == 2
    assert says in done.stderr


def test_what_is_wrong_is_told_before_anything_is_loaded(run, tmp_path):
    run.model_path.mkdir()
    file = tmp_path / "p.jsonl"
    assert f"there is no {str(file)!r}" in raylign("eval", run.path, file).stderr
    file.write_text("")
    assert "--greedy has one response" in raylign("eval", run.path, file, "--greedy", "--samples", "2").stderr
    assert "holds no run" in raylign("chat", tmp_path / "nothing").stderr
