"""docs/bring-your-own.md, followed word for word: its files written, its commands run, in their order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jobs import EXAMPLES, PATIENCE_S, finish

from raylign.record.rundir import RunDirectory
from raylign.sources.inspection import inspect
from raylign.spec.prompts import Prompts

PAGE = Path(__file__).parents[2] / "docs" / "bring-your-own.md"
BLOCKS = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""Its language, a file's name, what stands in it."""


def follow(place: Path) -> list[str]:
    """What each block of commands says, run where the page's files are. Fails with that where one fails."""
    (place / "examples").symlink_to(EXAMPLES)
    said = []
    for language, name, text in BLOCKS.findall(PAGE.read_text()):
        if name:
            (place / name).write_text(text)
        else:
            assert language == "sh"
            said.append(run(text, place))
    return said


def run(commands: str, place: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=place,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    status, output = finish(shell)
    assert status == 0, f"{commands}\n{output}"
    return output


@pytest.mark.ray
@pytest.mark.usefixtures("on_shared_ray")
@pytest.mark.timeout(2 * PATIENCE_S)
def test_the_page_is_followed_word_for_word(tmp_path):
    _, data, job, _, came_out = follow(tmp_path)
    assert "24 prompts: 24 for the chat template\n" in data
    assert "<|user|>Add 5 and 8.<|end|><|assistant|>" in data
    assert "job.yaml: job 'my-model-aligned' is fine" in job
    finished = RunDirectory(tmp_path / "runs" / "first")
    assert [row["step"] for row in finished.metrics()] == list(range(8))
    assert list(finished.events())[-1].data["state"] == "succeeded"
    assert finished.model_path.is_dir()
    assert finished.report_path.is_file()
    assert "main, 12 prompts" in came_out
    assert came_out.strip().splitlines()[-1]  # what it answered


def test_its_files_are_what_it_says(tmp_path):
    files = {name: text for _, name, text in BLOCKS.findall(PAGE.read_text()) if name}
    asked = {}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        found = inspect(Prompts(path=str(tmp_path / name), columns={"messages": "question"}), shown=100)
        assert found.metadata["answer"] == found.usable == found.rows
        asked[name] = {one.text for one in found.shown}
    assert {name: len(texts) for name, texts in asked.items()} == {"questions.csv": 24, "held-out.csv": 12}
    assert asked["questions.csv"].isdisjoint(asked["held-out.csv"])
