from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import document, task
from pydantic import ValidationError

from raylign.errors import SpecError
from raylign.judges.graders import Grade
from raylign.judges.rules.grader import Grader
from raylign.judges.rules.rule import Case
from raylign.spec import load_job, parse_job

EXACT = "def grade(sample, item):\n    return sample['output_text'] == item['answer']\n"


def test_it_sees_the_response_the_metadata_and_the_prompt() -> None:
    grader = Grader(
        source="def grade(sample, item):\n"
        "    said = sample['choices'][0]['message']['content']\n"
        "    return [said, sample['num_tokens'], item] == ['4', 2, {'answer': '4', 'prompt': '2 + 2?'}]",
        timeout_s=10,
    )
    assert grader.grade(Case(response="4", prompt="2 + 2?", metadata={"answer": "4"}, num_tokens=2)) == Grade(True)


def test_a_file_beside_the_jobs_becomes_part_of_the_job(tmp_path: Path) -> None:
    (tmp_path / "graders").mkdir()
    (tmp_path / "graders" / "exact.py").write_text(EXACT)
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(task(judges=[{"type": "python", "path": "graders/exact.py"}])))
    job = load_job(file)
    (judge,) = job.tasks[0].judges
    assert (judge.source, judge.path) == (EXACT, None)
    (tmp_path / "graders" / "exact.py").unlink()
    assert parse_job(job.model_dump()) == job


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "give the grader as `source`"),
        ({"source": "  "}, "give the grader as `source`"),
        ({"source": EXACT, "path": "a.py"}, "give one"),
        ({"path": "none.py"}, "cannot read the grader"),
        ({"path": "."}, "cannot read the grader"),
        ({"path": "bytes.py"}, "no text in UTF-8"),
        ({"path": "large.py"}, "at most 100000 characters"),
        ({"path": "control.py"}, "U\\+000C at position 4"),
    ],
)
def test_what_is_no_grader_is_refused(tmp_path: Path, settings: dict[str, Any], said: str) -> None:
    (tmp_path / "bytes.py").write_bytes(b"\xff")
    (tmp_path / "control.py").write_text("a = \x0c1")
    (tmp_path / "large.py").write_text("#" * 100_001)
    with pytest.raises(ValidationError, match=said):
        Grader.model_validate(settings, context={"root": tmp_path})


def test_a_job_that_is_sent_holds_its_graders_source() -> None:
    with pytest.raises(SpecError, match="send the grader as `source`"):
        parse_job(document(**task(judges=[{"type": "python", "path": "/etc/passwd"}])))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def grade(sample, item) return 1", "no Python: expected ':' in its line 1"),
        ("x = 1", "defines no `grade(sample, item)`"),
        ("def score(sample, item): return 1", "defines no `grade(sample, item)`"),
        ("-" * 50_000 + "1", "no Python"),
        ("def grade(sample, item):\n  return 1\x00", "no Python"),
    ],
)
def test_what_cannot_be_a_grader_is_refused_before_anything_runs(source: str, said: str) -> None:
    with pytest.raises(SpecError, match="the grader of judge 'python' ") as caught:
        Grader(source=source).check(whose="judge 'python'")
    assert said in str(caught.value)


@pytest.mark.parametrize("source", [EXACT, "grade = lambda sample, item: 1", "from math import fsum as grade"])
def test_what_may_be_one_passes(source: str) -> None:
    Grader(source=source).check(whose="judge 'python'")
