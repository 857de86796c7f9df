"""A policy that is born in shards, for ZeRO-3: no rank ever holds all of it, in memory or in what it reads.

Every rank lays the model out without touching its memory, keeps its own part of each parameter, and reads from the
weight files the bytes of that part alone. That takes a checkpoint whose tensors are named and shaped as the model's
parameters are. Of another, transformers makes the model's (the experts of a mixture are fused), and then every rank
loads all of it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.initialization import no_init_weights

from actors.loading import DTYPES, DType, cached_files, prepared_config, without_dropout
from actors.training.zero import into_shards, own_part
from actors.weights.checkpoint_names import checkpoint_tensors
from raylign.plan.weight_headers import DTYPES as PLAIN_DTYPES
from raylign.plan.weight_headers import TensorHeader, file_headers
from raylign.spec.zero import Offload

PLAIN = frozenset(PLAIN_DTYPES.values())
AT_ONCE = 2**24
"""Bytes of a weight file that are read at a time."""


def load_in_shards(
    model: str, *, dtype: DType, device: str, world_size: int, offload: Offload | None = None
) -> PreTrainedModel | None:
    """`load_policy`'s model, with this rank's part of every parameter; None of a checkpoint that has to be converted.

    All ranks must call it together, after they joined the process group. Raises `SpecError`.
    """
    with no_init_weights():
        made: PreTrainedModel = AutoModelForCausalLM.from_config(prepared_config(model), dtype=DTYPES[dtype])
    made.tie_weights()
    headers = {name: (file, tensor) for file in cached_files(model) for name, tensor in file_headers(file)}
    if not keeps_names(made) or not _fit(made, headers):
        return None
    into_shards(made, dtype, world_size=world_size, device=device, offload=offload)
    for name, parameter in made.named_parameters():
        file, tensor = headers[name]
        _read_part(own_part(parameter), file, tensor)
    return without_dropout(made).to(device).eval()


def keeps_names(model: PreTrainedModel) -> bool:
    """Whether a checkpoint of the model has its parameters under their own names, none fused, and nothing beside."""
    outline = {name: torch.empty(0, device="meta") for name, _ in model.named_parameters()}
    try:
        return checkpoint_tensors(model, outline).keys() == outline.keys()
    except (RuntimeError, ValueError):  # tensors that are to be cut have nothing to cut
        return False


def _fit(model: PreTrainedModel, headers: Mapping[str, tuple[Path, TensorHeader]]) -> bool:
    """Whether every parameter stands in the files in its own shape, as plain numbers: eight bits are to be scaled."""
    wanted = dict(model.named_parameters())
    return wanted.keys() <= headers.keys() and all(
        tuple(parameter.shape) == headers[name][1].shape and headers[name][1].dtype in PLAIN
        for name, parameter in wanted.items()
    )


def _read_part(part: tuple[Tensor, int, int], file: Path, tensor: TensorHeader) -> None:
    """Fill a rank's part of a parameter: its numbers from the first on, and zeros where there are no more."""
    kept, first, count = part
    kept.zero_()
    dtype: Any = getattr(torch, tensor.dtype)
    for at, chunk in _chunks(file, tensor.offset + first * dtype.itemsize, count * dtype.itemsize):
        numbers = torch.frombuffer(chunk, dtype=dtype)
        start = at // dtype.itemsize
        kept[start : start + numbers.numel()].copy_(numbers)


def _chunks(file: Path, offset: int, size: int) -> Iterator[tuple[int, bytearray]]:
    """(place, bytes), some at a time. Read, not mapped: a mapped file's pages would stay with the process."""
    with file.open("rb") as opened:
        opened.seek(offset)
        for at in range(0, size, AT_ONCE):
            chunk = bytearray(min(AT_ONCE, size - at))
            if opened.readinto(chunk) != len(chunk):
                raise OSError(f"{str(file)!r} ends in the middle of a tensor")
            yield at, chunk
