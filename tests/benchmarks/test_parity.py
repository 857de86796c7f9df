"""tests/actors/weights/test_landing.py compares every architecture; here the command measures and complains."""

import json
import math
import sys
from pathlib import Path

import pytest

from benchmarks import parity


@pytest.mark.vllm
@pytest.mark.proof
def test_the_command_measures_one_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / "found.json"
    monkeypatch.setattr(sys, "argv", ["parity", "--architecture", "qwen2", "--json", str(found)])
    assert parity.main() == 0
    rows = json.loads(found.read_text())
    assert [(row["architecture"], row["temperature"]) for row in rows] == [("qwen2", t) for t in parity.TEMPERATURES]
    for row in rows:
        assert row["tokens"] > 100
        assert 0 < row["ended"] < 1
        assert 0 < row["vllm_trainer"] < parity.MOST
        assert row["trainer_reference"] < parity.MOST


def test_what_is_too_far_apart_is_named() -> None:
    good = {"architecture": "llama", "temperature": 1.0, "vllm_trainer": 1e-6, "trainer_reference": 0.0}
    rows = [good, {**good, "vllm_trainer": 2e-4}, {**good, "trainer_reference": math.nan}]
    assert parity.above(rows, 1e-4) == [
        "llama at temperature 1.0: vllm_trainer differ by 2.0e-04, above 0.0001",
        "llama at temperature 1.0: trainer_reference differ by nan, above 0.0001",
    ]
    assert parity.gap([(0.0, -1.0), (-2.0,)], [(0.25, -1.0), (-1.5,)]) == 0.5
    assert math.isnan(parity.gap([(0.0, math.nan)], [(1.0, 1.0)]))
