"""What one program of a job may take of a machine is the operator's to say."""

from typing import Any

import pytest
from documents import document, task

from raylign.errors import RunError, SpecError
from raylign.judges import allowance
from raylign.judges.judge import Judge
from raylign.judges.rules.code import CodeJudge
from raylign.judges.rules.python import PythonJudge
from raylign.plan.glance import glance
from raylign.service.dispatch.launch import env_vars
from raylign.spec import parse_job

SOURCE = "def grade(sample, item): return 1"


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(allowance.VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("allowed", "judge", "said"),
    [
        ("", CodeJudge(), ""),
        ("", PythonJudge(source=SOURCE), ""),
        ("", PythonJudge(source=SOURCE, memory_mb=2048), ""),
        ("", PythonJudge(source=SOURCE, memory_mb=4_194_304, processes=1), "may take 4194304 MiB"),
        ("", PythonJudge(source=SOURCE, processes=1024), "`memory_mb` 256 in each of 1024 `processes`, and 8192 are"),
        ("", CodeJudge(memory_mb=1024), "may take 16384 MiB"),
        ("1024", PythonJudge(source=SOURCE), ""),
        ("1023", PythonJudge(source=SOURCE), "raise RAYLIGN_SANDBOX_MEMORY_MB"),
        ("16384", CodeJudge(memory_mb=1024), ""),
    ],
)
def test_a_program_that_may_take_more_is_refused_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, allowed: str, judge: Judge, said: str
) -> None:
    monkeypatch.setenv(allowance.VARIABLE, allowed)
    if not said:
        judge.check(whose="judge 'a'")
        return
    with pytest.raises(SpecError, match="the program of judge 'a' ") as caught:
        judge.check(whose="judge 'a'")
    assert said in str(caught.value)


@pytest.mark.parametrize("place", ["judges", "reward"])
def test_a_posted_job_that_would_is_refused(place: str) -> None:
    greedy = {"type": "python", "source": SOURCE, "memory_mb": 4_194_304}
    said: dict[str, Any] = {"judges": [greedy]} if place == "judges" else {"reward": greedy}
    with pytest.raises(SpecError, match=r"'python' of task '\w+' may take 16777216 MiB"):
        glance(parse_job(document(**task(**said))))


@pytest.mark.parametrize("said", ["0", "-1", "much", "1e3", "9" * 13])
def test_what_is_no_number_of_megabytes_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(allowance.VARIABLE, said)
    with pytest.raises(RunError, match="a whole number of MiB"):
        allowance.allowed_mb()


def test_drivers_get_the_gateways_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert allowance.VARIABLE not in env_vars()
    monkeypatch.setenv(allowance.VARIABLE, "512")
    assert env_vars()[allowance.VARIABLE] == "512"
