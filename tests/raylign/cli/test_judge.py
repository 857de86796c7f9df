"""A rule judge, asked about labeled responses."""

import json

from command import raylign

from raylign.judges.agreement import judge_file
from raylign.judges.rules.math import MathJudge


def test_judge_counts_verdicts_and_agreement(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "\n".join(
            json.dumps({"prompt": "1+1?", "response": f"The answer is {answer}.", "metadata": metadata, "gold": gold})
            for answer, metadata, gold in [(2, {"answer": "2"}, True), (3, {"answer": "2"}, True), (2, {}, True)]
        )
    )
    found = judge_file(MathJudge(), rows)
    assert (found["satisfied"], found["violated"], found["abstained"]) == (1, 1, 1)
    assert (found["labeled"], found["agree"]) == (2, 1)
    done = raylign("judge", "{type: maths}", rows)
    assert done.returncode == 2
    assert "unknown type 'maths'; did you mean 'math'?" in done.stderr
    done = raylign("judge", "{type: math}", rows)
    assert done.returncode == 0, done.stderr
    assert "agrees with 1 of 2 labels, 50.0 %" in done.stdout
    assert "answer '3.' is wrong" in done.stdout
