"""The example extension: its classes keep the laws; installed as any distribution, it is in jobs, and trains."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import make_completion, make_prompt
from hypothesis import given
from judge_laws import keeps_the_law_of_judges, keeps_the_law_of_rules
from method_laws import batches, has_an_objective, is_plain_data, keeps_the_laws_of_choosing

from raylign.judges.rules.rule import Case

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "examples" / "extension"
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from fakes import FakeFleet
from loop_job import make_job, take
from raylign.judges.kinds import KINDS as JUDGES
from raylign.record.events.payloads import StepDone
from raylign.spec.kinds import AnyJob
from raylign.spec.extensions import needed
from pydantic import TypeAdapter

task = {
    "name": "math", "prompts": {"path": "p"}, "prompts_per_step": 3, "samples_per_prompt": 4,
    "judges": [{"type": "haiku", "words": 5}], "reward": {"type": "brevity"}, "method": {"type": "best_of"},
}
job, fleet, events = make_job(tasks=[task], steps=2, evaluation={"prompts": 0}), FakeFleet(), []
asyncio.run(take(job, fleet, Path(sys.argv[1]), emit=events.append))
steps = [event for event in events if isinstance(event, StepDone)]
print(json.dumps({
    "judges": [kind.__name__ for kind in JUDGES][-1],
    "needed": [str(one) for one in needed(job)],
    "examples": [step.tasks["math"].examples for step in steps],
    "rewards": [step.tasks["math"].reward for step in steps],
    "schema": all(name in json.dumps(TypeAdapter(AnyJob).json_schema()) for name in ("haiku", "brevity", "best_of")),
}))
"""


@pytest.fixture
def haiku(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXTENSION)


@pytest.mark.usefixtures("haiku")
@pytest.mark.parametrize(
    ("response", "satisfied"),
    [("an old pond\na frog jumps in\nsplash", True), ("one line", False), ("a\nb\n" + "c " * 8, False), ("", False)],
)
def test_its_judge_keeps_the_laws(response: str, satisfied: bool) -> None:
    from raylign_haiku.judge import HaikuJudge

    judge, case = HaikuJudge(), Case(response=response)
    keeps_the_law_of_judges(judge)
    keeps_the_law_of_rules(judge, case)
    assert judge.rule(case).satisfied is satisfied


@pytest.mark.usefixtures("haiku")
def test_its_reward_and_its_method_are_as_they_are_asked_to_be() -> None:
    from raylign_haiku.method import BestOf
    from raylign_haiku.reward import BrevityReward

    told = [BrevityReward(half=4).tell(make_prompt(), make_completion(make_prompt(), tokens=n), ()) for n in (0, 4, 8)]
    assert told == [1.0, 0.5, 0.25]
    is_plain_data(BestOf())
    has_an_objective(BestOf())
    given(batches(BestOf()))(lambda batch: keeps_the_laws_of_choosing(BestOf(), *batch))()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip installed it, the only place where this environment is not the tests' own."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install", "--target", folder]
    options = ["--no-deps", "--no-build-isolation", "--no-index", _copied(folder.parent / "source")]
    done = subprocess.run([*map(str, command), *map(str, options)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _copied(source: Path) -> Path:
    """A build leaves files behind."""
    shutil.copytree(EXTENSION, source, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    return source


def run(installed: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    paths = os.pathsep.join(map(str, (installed, ROOT, ROOT / "tests")))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=120
    )


@pytest.mark.wheel
def test_installed_it_is_in_jobs_and_trains(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "-c", PROGRAM, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["judges"], found["needed"], found["schema"]) == ("HaikuJudge", ["raylign-haiku 0.1.0"], True)
    assert all(0 < count <= 3 for count in found["examples"])
    assert all(0 < reward <= 1 for reward in found["rewards"])


@pytest.mark.wheel
def test_installed_its_judge_is_tried_in_processes_of_its_own(installed: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"response": "a\\nb\\nc", "gold": true}\n{"response": "a", "gold": false}\n')
    done = run(installed, "-m", "raylign.cli", "judge", "{type: haiku}", rows, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["agree"] == 2


@pytest.mark.wheel
def test_broken_it_is_named_and_nothing_goes_on_without_it(installed: Path) -> None:
    (points,) = installed.glob("raylign_haiku-*.dist-info/entry_points.txt")
    whole = points.read_text()
    try:
        points.write_text(whole.replace(":HaikuJudge", ":Haiku"))
        done = run(installed, "-m", "raylign.cli", "judge", "{type: math}", os.devnull)
    finally:
        points.write_text(whole)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the installed distribution raylign-haiku 0.1.0 names")
    assert "Traceback" not in done.stderr
