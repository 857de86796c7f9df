"""Weights on the way to the policy's, by hand; and a directory that is whole or not there."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from actors.scoring.moved import WEIGHTS, moved, write_model
from raylign.errors import PublishFailed


class Config:
    """What a model's configuration does here."""

    def save_pretrained(self, directory: Path) -> None:
        (directory / "config.json").write_text("{}")


class NoDisk:
    def save_pretrained(self, directory: Path) -> None:
        raise OSError("no space")


def test_a_share_of_the_way_is_gone_in_float32() -> None:
    old = {"w": torch.tensor([1.0, 2.0]), "count": torch.tensor(3)}
    new = {"w": torch.tensor([2.0, 0.0], dtype=torch.bfloat16), "count": torch.tensor(4)}
    found = moved(old, new, 0.25)
    assert (found["w"].tolist(), found["w"].dtype, found["count"].item()) == ([1.25, 1.5], torch.float32, 4)
    assert moved(old, new, 1.0)["w"].tolist() == [2.0, 0.0]
    with pytest.raises(PublishFailed, match="'w' is one's alone"):
        moved({"count": old["count"]}, new, 0.5)


def test_a_directory_takes_another_s_place_whole(tmp_path: Path) -> None:
    place = tmp_path / "reference" / "step-1"
    for value in (1.0, 2.0):
        write_model(place, {"w": torch.full((2,), value)}, Config())
    with pytest.raises(OSError, match="no space"):
        write_model(place, {"w": torch.zeros(2)}, NoDisk())
    assert load_file(place / WEIGHTS)["w"].tolist() == [2.0, 2.0]
    assert [path.name for path in place.parent.iterdir()] == ["step-1"]
