"""Weights between the reference's and the policy's, and the directory that holds them."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from raylign.errors import PublishFailed
from raylign.record.whole import sync_folder

WEIGHTS = "model.safetensors"


@torch.no_grad()
def moved(old: Mapping[str, Tensor], new: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """``share * new + (1 - share) * old``, name by name, in float32; what holds no such numbers is taken from ``new``.

    TR-DPO, Gorbatovski et al. 2024 (arXiv 2404.09656): its soft update, and at a share of 1 its hard one. Raises
    `PublishFailed` where the two have other names.
    """
    if strange := sorted(old.keys() ^ new.keys()):
        raise PublishFailed(f"the policy and its reference do not have the same tensors: {strange[0]!r} is one's alone")
    return {
        name: torch.lerp(old[name].cpu().float(), tensor.float(), share) if tensor.is_floating_point() else tensor
        for name, tensor in new.items()
    }


def write_model(directory: Path, tensors: Mapping[str, Tensor], config: Any) -> None:
    """A Hugging Face directory, whole or not there; in the place of one that is."""
    aside = directory.with_name(f"{directory.name}.{secrets.token_hex(4)}.tmp")
    aside.mkdir(parents=True)
    try:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, aside / WEIGHTS)
        config.save_pretrained(aside)
        for file in aside.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        sync_folder(aside)
        if directory.exists():  # of an attempt that got further than its last checkpoint
            shutil.rmtree(directory)
        aside.rename(directory)
        sync_folder(directory.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
