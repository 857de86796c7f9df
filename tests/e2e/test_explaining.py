"""A policy explains its choices on Ray and vLLM; what it says becomes pairs."""

import json

import pytest
from command import raylign
from jobs import EXAMPLES, PATIENCE_S, finish, start

pytestmark = [
    pytest.mark.ray,
    pytest.mark.vllm,
    pytest.mark.proof,
    pytest.mark.timeout(PATIENCE_S),
    pytest.mark.usefixtures("on_shared_ray"),
]


def test_answers_are_scored_and_a_consultant_argues_where_none_is_right(tmp_path):
    prompts, scored, pairs = (tmp_path / name for name in ("prompts.jsonl", "scored.jsonl", "pairs.jsonl"))
    lines = (EXAMPLES / "tiny" / "prompts" / "math.jsonl").read_text().splitlines()[:4]
    prompts.write_text("\n".join(lines) + "\n")
    words = ("explain", EXAMPLES / "demo.yaml", prompts, scored, "--task", "math", "--samples", 2, "--json")
    status, output = finish(start("raylign.cli", *map(str, words)))
    assert status == 0, output
    rows = [json.loads(line) for line in scored.read_text().splitlines()]
    assert [len(row["samples"]) for row in rows] == [2] * 4
    assert all(isinstance(one["score"], float) for row in rows for one in row["samples"])
    (told,) = (json.loads(line) for line in output.splitlines() if line.startswith('{"file"'))
    assert told["counts"]["none right"] == 4  # it knows no tags
    made = json.loads(raylign("pairs", scored, pairs, "--json").stdout)["counts"]
    assert made["incorrect pair"] == sum(row["consultant"] is not None for row in rows) > 0
