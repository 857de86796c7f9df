"""The notebook runs from its first cell to its last, as somebody would run it, and says what it promises."""

import json

import pytest
from jobs import EXAMPLES, PATIENCE_S

NOTEBOOK = EXAMPLES / "first-job.ipynb"


def cells(kind):
    document = json.loads(NOTEBOOK.read_text())
    return ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == kind]


def test_it_is_kept_without_what_it_printed():
    document = json.loads(NOTEBOOK.read_text())
    assert document["nbformat"] == 4
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in document["cells"])


@pytest.mark.ray
@pytest.mark.usefixtures("on_shared_ray")
@pytest.mark.timeout(2 * PATIENCE_S)
def test_every_cell_runs(monkeypatch, capsys):
    monkeypatch.chdir(EXAMPLES)
    names = {}
    for at, code in enumerate(cells("code")):
        exec(compile(code, f"{NOTEBOOK.name}, code cell {at}", "exec"), names)
    run, said = names["run"], capsys.readouterr().out
    assert "succeeded" in said
    assert " -> " in said
    assert [row["step"] for row in run.metrics()] == [0, 1]
    assert run.model.is_dir()
    assert run.report.is_file()
