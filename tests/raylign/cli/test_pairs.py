"""Pairs of scored samples, by the command."""

import json

from command import raylign

SAMPLES = [{"response": f"<choice>{choice}</choice>", "score": score} for choice, score in (("A", 1), ("B", 4))]


def test_pairs_are_written_and_counted(tmp_path):
    scored, out = tmp_path / "scored.jsonl", tmp_path / "pairs.jsonl"
    scored.write_text(json.dumps({"prompt": "?", "answer": "B", "samples": SAMPLES}) + "\n")
    done = raylign("pairs", scored, out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"] == {"variable pair": 1}
    assert json.loads(out.read_text())["chosen"] == "<choice>B</choice>"
    assert raylign("pairs", scored, out, "--by", "rank").stdout == f"{out}: rank pair 1\n"
    scored.write_text("{}\n")
    wrong = raylign("pairs", scored, out)
    assert (wrong.returncode, "line 1: a row is" in wrong.stderr) == (2, True)
