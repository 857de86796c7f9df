"""What the operator says of fine-tuning."""

from pathlib import Path

import pytest

from raylign.errors import SpecError
from raylign.service.openai.settings import read_fine_tuning


def test_models_lie_beside_the_file_or_are_hub_ids(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    file = tmp_path / "fine-tuning.yaml"
    file.write_text("models: {gpt-4o-mini: tiny, other: org/name}\nsettings: {trainer: {ranks: 2}}\n")
    found = read_fine_tuning(file)
    assert found.models == {"gpt-4o-mini": str(tmp_path / "tiny"), "other": "org/name"}
    assert found.settings == {"trainer": {"ranks": 2}}
    file.write_text("model: {}\n")
    with pytest.raises(SpecError, match="did you mean 'models'"):
        read_fine_tuning(file)
