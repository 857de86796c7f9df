"""Judges that ask a model, tried in a process of their own: whom they ask, how often, and what is written."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from actors.judging import trial
from actors.judging.trial import ROWS_PER_CALL, tried
from raylign.errors import SpecError
from raylign.judges.questions.two_token import LLMJudge
from raylign.verdicts import Verdict

SAFE = LLMJudge(name="safe", model="m", template="{{ response }}", positive="y", negative="n")


class Host:
    """Satisfied with short responses; ``asked`` holds how many rows came at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def ask(self, question, rows):  # type: ignore[no-untyped-def]
        self.asked.append(len(rows))
        return [
            Verdict(judge=question.label, satisfied=len(text) < 4, reason="" if len(text) < 4 else "long", seconds=0.5)
            for _, text in rows
        ]


def rows_file(folder: Path, *rows: object) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_rows_are_asked_in_calls_of_a_runs_size_and_only_those_that_apply(tmp_path: Path) -> None:
    host = Host()
    odd = [{"response": "a" * (at % 8), "metadata": {"odd": at % 2 == 1}, "gold": at % 8 < 4} for at in range(1000)]
    found = tried(
        [SAFE, SAFE.model_copy(update={"name": "odd", "when": {"odd": True}})], rows_file(tmp_path, *odd), host
    )
    assert host.asked == [ROWS_PER_CALL, ROWS_PER_CALL, ROWS_PER_CALL, 1000 - 3 * ROWS_PER_CALL, ROWS_PER_CALL, 244]
    assert {label: (one["agree"], one["left_out"]) for label, one in found.items()} == {
        "safe": (1000, 0),
        "odd": (500, 500),
    }
    assert found["safe"]["seconds"] == {"mean_s": 0.5, "p95_s": 0.5}


def test_the_command_writes_what_is_found_of_the_judges_of_one_model(tmp_path: Path) -> None:
    judge = "{type: llm, name: safe, model: m, template: t, positive: y, negative: n}"
    parser, out = ArgumentParser(), tmp_path / "found.json"
    trial.arguments(parser)
    rows = rows_file(tmp_path, {"response": "abc", "gold": False})
    trial.run(parser.parse_args([judge, str(rows), "--name", "safe", "--out", str(out)]), host=lambda asker: Host())
    (found,) = json.loads(out.read_text()).values()
    assert (found["labeled"], found["agree"]) == (1, 0)
    with pytest.raises(SpecError, match="0 models to ask"):
        trial.run(
            parser.parse_args([judge, str(rows), "--name", "other", "--out", str(out)]), host=lambda asker: Host()
        )
