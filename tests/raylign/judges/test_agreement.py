"""A judge against a file of labeled rows."""

import json
from pathlib import Path
from typing import Any

import pytest

from raylign.errors import SpecError
from raylign.judges.agreement import judge_file
from raylign.judges.trial import ask_rules
from raylign.spec.trial import load_trial

SHORT = "{type: length, maximum: 2}"


def ask(judge: str, rows: Path) -> dict[str, Any]:
    (tried,) = load_trial(judge).judges
    return judge_file(tried, rows, ask_rules)


def rows_file(folder: Path, *rows: Any) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def test_a_judge_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    judge = tmp_path / "judge.yaml"
    judge.write_text("type: length\nmaximum: 2\n")
    assert ask(str(judge), rows_file(tmp_path, {"response": "a b c"}))["violated"] == 1


def test_what_is_wrong_in_a_file_of_a_judge_is_said_with_its_name(tmp_path: Path) -> None:
    judge = tmp_path / "judge.yaml"
    judge.write_text("type: length\nmaximun: 2\n")
    with pytest.raises(SpecError, match=r"judge\.yaml'?: unknown key 'maximun'; did you mean 'maximum'\?"):
        ask(str(judge), rows_file(tmp_path))
    judge.write_text("type: [length\n")
    with pytest.raises(SpecError, match=r"judge\.yaml'? is not YAML: line 2: "):
        ask(str(judge), rows_file(tmp_path))


@pytest.mark.parametrize(
    ("judge", "why"),
    [
        ("{type: math, formt: '(.+)'}", "unknown key 'formt'; did you mean 'format'?"),
        ("{type: maths}", "unknown type 'maths'; did you mean 'math'? Types: math, instructions, code, length, regex"),
        ("{format: '(.+)'}", "needs a `type`"),
        ("{type: regex}", "'pattern' is missing"),
        ("{type: regex, pattern: '('}", "'pattern': pattern '(' is not a regular expression"),
        ("{type: length, minimum: 3, maximum: 2}", "maximum 2 is below minimum 3"),
        ("{type: length, maximum: many}", "'maximum' is 'many': input should be a valid integer"),
        ("{type: length, when: {a: {}}}", "'when.a': compare with a text"),
        ("{type: llm, modle: some/model}", "unknown key 'modle'; did you mean 'model'?"),
        ("[{type: math}]", "one judge is a mapping, this is list"),
        ("", "one judge is a mapping, this is NoneType"),
        ("math", "cannot read the judge file 'math'"),
        ("{type: math", "is not YAML"),
        ("\udcff.yaml", "is not YAML: it is not UTF-8 text"),
    ],
)
def test_a_wrong_judge_is_explained_in_words(judge: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        ask(judge, rows_file(tmp_path))
    assert why in str(caught.value)
    assert "validation error" not in str(caught.value)


def test_reasons_are_counted_by_verdict_and_given_for_every_row(tmp_path: Path) -> None:
    harmful = {"harmful": True}
    rows = [{"response": text, "metadata": harmful} for text in ("a", "a b c", "d e f")] + [{"response": "a"}]
    found = ask("{type: length, maximum: 2, when: {harmful: true}}", rows_file(tmp_path, *rows))
    reason = "3 words, at most 2 asked"
    assert found["reasons"] == {"violated": {reason: 2}, "abstained": {}}
    assert found["verdicts"] == [
        {"line": 1, "verdict": "satisfied", "reason": ""},
        {"line": 2, "verdict": "violated", "reason": reason},
        {"line": 3, "verdict": "violated", "reason": reason},
        {"line": 4, "verdict": "left out", "reason": ""},
    ]


def test_only_a_line_feed_ends_a_row(tmp_path: Path) -> None:
    found = ask(SHORT, rows_file(tmp_path, {"response": "a\u2028b\u0085c"}, {"response": "a"}))
    assert (found["rows"], found["satisfied"], found["violated"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{nope", "line 3 is not JSON: .* at column 2"),
        ("[" * 100_000, "line 3 is not JSON: maximum recursion depth"),
        ('["a"]', "line 3 has no `response` text"),
        ('{"response": 1}', "line 3 has no `response` text"),
        ('{"response": "a", "metadata": [1]}', "line 3: `metadata` is list"),
        ('{"response": "\udcff"}', "line 3 is not UTF-8 text"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(line: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"response": "a"}\n\n' + line.encode(errors="surrogateescape") + b"\n")
    with pytest.raises(SpecError, match=rf"rows\.jsonl, {why}"):
        ask(SHORT, file)


def test_agreement_is_told_by_class_and_beyond_chance(tmp_path: Path) -> None:
    """20 found, 5 good ones missed, 10 bad ones let through, 15 found; an abstention is beside them."""
    short, long = {"response": "a"}, {"response": "a b c d"}
    rows = [{**short, "gold": True}] * 20 + [{**long, "gold": True}] * 5
    rows += [{**short, "gold": False}] * 10 + [{**long, "gold": False}] * 15 + [{**short, "gold": "maybe"}]
    found = ask(SHORT, rows_file(tmp_path, *rows))
    assert (found["labeled"], found["agree"], found["accuracy"]["value"]) == (50, 35, 0.7)
    satisfied, violated = found["classes"]["satisfied"], found["classes"]["violated"]
    assert (satisfied["found"]["value"], satisfied["right"]["value"]) == (0.8, pytest.approx(2 / 3))
    assert (violated["found"]["value"], violated["right"]["value"]) == (0.6, 0.75)
    assert found["kappa"]["value"] == pytest.approx(0.4)
    assert found["seconds"]["mean_s"] > 0
    first = found["disagreements"][0]
    assert (first["line"], first["gold"], first["verdict"]) == (21, "satisfied", "violated")
    assert len(found["disagreements"]) == 15
    assert json.loads(json.dumps(found)) == found


def test_an_abstention_is_no_disagreement(tmp_path: Path) -> None:
    found = ask("{type: math}", rows_file(tmp_path, {"response": "The answer is 2.", "gold": True}))
    assert (found["abstained"], found["labeled"], found["disagreements"]) == (1, 0, [])
    assert (found["accuracy"], found["kappa"]) == (None, None)
    assert found["classes"]["satisfied"] == {"labeled": 0, "abstained": 1, "found": None, "right": None}
