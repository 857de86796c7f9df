"""Weights on disk as the hub has them, written as they come: no more than one file of them is in memory."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from actors.weights.buckets import in_buckets, plan_buckets
from raylign.plan.weight_headers import INDEX

FILE_BYTES = 5 * 10**9
"""Of a weight file, where the model is larger."""


def save_in_files(
    tensors: Iterable[tuple[str, Tensor]], sizes: Mapping[str, int], directory: Path, *, writes: bool
) -> None:
    """Write ``tensors`` as they come, into files of `FILE_BYTES` at most, with the hub's names and index.

    ``sizes``: bytes of each, in the order in which they come. ``writes``: whether this rank does; the others only take
    part in gathering.
    """
    shares = plan_buckets(sizes, FILE_BYTES)
    names = [f"model-{number:05}-of-{len(shares):05}.safetensors" for number in range(1, len(shares) + 1)]
    if len(shares) == 1:
        names = ["model.safetensors"]
    for file, held in zip(names, in_buckets(tensors, shares), strict=True):
        if writes:
            whole = {name: tensor.contiguous() for name, tensor in held.items()}
            save_file(whole, directory / file, metadata={"format": "pt"})
    if writes and len(shares) > 1:
        where = {name: file for file, share in zip(names, shares, strict=True) for name in share}
        index = {"metadata": {"total_size": sum(sizes.values())}, "weight_map": where}
        (directory / INDEX).write_text(json.dumps(index, indent=2) + "\n")
