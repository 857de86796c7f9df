"""docs/moving-from-openai.md: its script runs word for word."""

import re
from pathlib import Path

import pytest
from fakes import FakeTrainer
from fine_tuning import MODEL, demonstrations, drive, face, write_result
from service import KEY, end, step

from raylign.record.checkpoint import Checkpoints, Progress

PAGE = (Path(__file__).parents[4] / "docs" / "moving-from-openai.md").read_text()


async def test_the_script_of_the_page_runs_word_for_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [script] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    kept = await Checkpoints(tmp_path / "kept").save(FakeTrainer([]), Progress(8, 8, 0))
    with face(tmp_path) as (service, _):

        def sleep(seconds: float) -> None:
            """Meanwhile the job's driver does its work."""
            [(job, _)] = service.store.fine_tunings(tenant="default", limit=9)
            run = drive(service, tmp_path, job.id, step(1, step=0, steps=8))
            (run / "checkpoints").mkdir()
            kept.rename(run / "checkpoints" / kept.name)
            write_result(run, loss=0.5)
            drive(service, tmp_path, job.id, end(2))

        monkeypatch.setattr("time.sleep", sleep)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{service.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.chdir(tmp_path)
        Path("train.jsonl").write_bytes(demonstrations())
        exec(compile(script, "moving-from-openai.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["info The job has succeeded: done", "info Step 1/8: nothing to learn from"]
    assert said[2].startswith("8 job_")
    assert said[2].endswith(":step-8")
    assert said[3].startswith("succeeded job_")


def test_the_models_of_the_page_are_those_of_its_script() -> None:
    assert PAGE.count(MODEL) == 2
