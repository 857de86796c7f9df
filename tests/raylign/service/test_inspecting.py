"""Files are looked at by processes that can be killed."""

from pathlib import Path

import pytest

from raylign.service import inspecting
from raylign.service.inspecting import Inspecting


async def test_a_process_apart_looks_and_speaks_of_the_file_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    (tmp_path / "data.jsonl").write_text('{"prompt": "one"}\n{}\n')
    (tmp_path / "json.py").write_text("raise SystemExit(1)")  # a module of whoever sends files is never imported
    found = await Inspecting().look(tmp_path / "data.jsonl", {}, most_unpacked=10**6)
    assert found["inspection"]["path"] == "data.jsonl"
    [fault] = found["inspection"]["faults"].values()
    assert fault == {"first": "data.jsonl, line 2", "rows": 1}


@pytest.mark.parametrize(
    ("program", "says"),
    [("import time; time.sleep(60)", "within 1 s"), ("raise MemoryError", "more memory or time")],
)
async def test_one_that_takes_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, says: str
) -> None:
    (tmp_path / "slow_inspector.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(inspecting, "INSPECTOR", "slow_inspector")
    found = await Inspecting(seconds=1).look(tmp_path / "data.jsonl", {}, most_unpacked=10**6)
    assert says in found["refused"]
