"""The start of a run on many prompts, of a few."""

from pathlib import Path

import pytest

from benchmarks import models, prompts


@pytest.mark.parametrize("side", prompts.SIDES)
def test_both_sides_read_the_same_file(side: str, tmp_path: Path) -> None:
    models.save_policy("tiny", tmp_path / "policy")
    prompts.write(tmp_path / "prompts.jsonl", 40)
    found = prompts.measure(prompts.SIDES[side], tmp_path)
    assert found["wall_s"] > 0
    assert found["peak_mib"] > 0
