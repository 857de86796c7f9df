"""Datasets that `datasets` saved."""

from pathlib import Path
from typing import Any

import pytest

from raylign.errors import SpecError
from raylign.sources import formats
from raylign.spec.prompts import Prompts

ROWS = [
    {"prompt": str(number), "turns": [{"role": "user", "name": None}], "metadata": {"a": number}}
    for number in range(600)
]
READ = [{"prompt": row["prompt"], "turns": [{"role": "user"}], "metadata": row["metadata"]} for row in ROWS]


def read(path: Path | str, **settings: Any) -> list[dict[str, Any]]:
    return [row.values for row in formats.read(Prompts(path=str(path), **settings))]


def test_a_saved_dataset_is_read_and_so_is_one_of_splits(tmp_path: Path) -> None:
    import datasets

    datasets.disable_progress_bars()
    made = datasets.Dataset.from_list(ROWS)
    made.save_to_disk(tmp_path / "one")
    assert read(tmp_path / "one") == READ
    with pytest.raises(SpecError, match="has no splits: leave out `split: test`"):
        read(tmp_path / "one", split="test")
    datasets.DatasetDict({"train": made, "test": made.select(range(2))}).save_to_disk(tmp_path / "both")
    assert read(tmp_path / "both") == READ
    assert read(tmp_path / "both", split="test") == READ[:2]
    with pytest.raises(SpecError, match="has no split 'dev': set `split` to one of train, test"):
        read(tmp_path / "both", split="dev")
    (tmp_path / "one" / "state.json").write_text("{")
    with pytest.raises(SpecError, match="cannot read the dataset '.*one': "):
        read(tmp_path / "one")
