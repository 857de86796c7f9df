"""Judges asked about labeled responses."""

import json

from command import raylign

from raylign.judges.agreement import judge_file
from raylign.judges.rules.math import MathJudge
from raylign.judges.trial import ask_rules


def test_judge_counts_verdicts_and_agreement(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "\n".join(
            json.dumps({"prompt": "1+1?", "response": f"The answer is {answer}.", "metadata": metadata, "gold": gold})
            for answer, metadata, gold in [(2, {"answer": "2"}, True), (3, {"answer": "2"}, True), (2, {}, True)]
        )
    )
    found = judge_file(MathJudge(), rows, ask_rules)
    assert (found["satisfied"], found["violated"], found["abstained"]) == (1, 1, 1)
    assert (found["labeled"], found["agree"]) == (2, 1)
    done = raylign("judge", "{type: maths}", rows)
    assert done.returncode == 2
    assert "unknown type 'maths'; did you mean 'math'?" in done.stderr
    done = raylign("judge", "{type: math}", rows)
    assert done.returncode == 0, done.stderr
    assert "agrees with 1 of 2 labels, 50.0 %" in done.stdout
    assert "answer '3.' is wrong" in done.stdout


def test_the_judges_of_a_jobs_task_are_tried_one_by_one(tmp_path):
    job, rows = tmp_path / "job.yaml", tmp_path / "rows.jsonl"
    job.write_text(
        "name: t\nsteps: 1\npolicy: {model: m}\ntasks:\n- name: math\n  prompts: {path: p}\n  method: {type: crpg}\n"
        "  reward: {model: r}\n  judges: [{type: length, maximum: 9}, {type: regex, pattern: a}]\n"
    )
    rows.write_text('{"response": "a", "gold": true}\n')
    done = raylign("judge", job, "--task", "math", "--rows", rows, "--json")
    assert done.returncode == 0, done.stderr
    assert {label: one["agree"] for label, one in json.loads(done.stdout).items()} == {"length": 1, "regex": 1}
    for wrong in ([job], [job, rows, "--rows", rows]):
        done = raylign("judge", *wrong)
        assert (done.returncode, "give one file of ROWS" in done.stderr) == (2, True)
