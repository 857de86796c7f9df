"""A model's weights of one version, or a bucket of them, named and shaped as its checkpoint files are.

Every tensor is a buffer of its own, which an object store takes and gives without a copy beside its own; a table says
what each tensor is and what its bytes hash to.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from blake3 import blake3
from torch import Tensor

_DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in (
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool, torch.float8_e4m3fn, torch.float8_e5m2,
)}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorEntry:
    """What one tensor is."""

    name: str
    """As in the checkpoint: ``"model.layers.0.self_attn.q_proj.weight"``."""
    dtype: str
    """``"float32"``, ``"bfloat16"``, ..."""
    shape: tuple[int, ...]
    checksum: str
    """BLAKE3 of the bytes, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightUpdate:
    """Weights of one version: all of them, or a bucket."""

    table: tuple[TensorEntry, ...]
    buffers: tuple[np.ndarray, ...]
    """The bytes of each entry's tensor: uint8, one dimension. Read them only: they may be shared between processes."""

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return sum(buffer.nbytes for buffer in self.buffers)

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """(name, view) of every tensor, in table order."""
        for entry, buffer in zip(self.table, self.buffers, strict=True):
            yield entry.name, _flat(buffer).view(_DTYPES[entry.dtype]).view(entry.shape)

    def damaged(self, names: Iterable[str] | None = None) -> list[str]:
        """Tensors whose bytes no longer hash to the table's checksum; of ``names``, or of all."""
        wanted = None if names is None else set(names)
        return [
            entry.name
            for entry, buffer in zip(self.table, self.buffers, strict=True)
            if (wanted is None or entry.name in wanted) and _checksum(buffer) != entry.checksum
        ]


def view(tensors: Iterable[tuple[str, Tensor]]) -> WeightUpdate:
    """Named tensors, on the CPU without a copy: whoever keeps the update must copy it before the tensors change.

    An object store does so at once.
    """
    table, buffers = [], []
    for name, tensor in tensors:
        plain = tensor.detach().cpu().contiguous()
        buffer = plain.reshape(-1).view(torch.uint8).numpy()
        entry = TensorEntry(
            name=name,
            dtype=str(plain.dtype).removeprefix("torch."),
            shape=tuple(plain.shape),
            checksum=_checksum(buffer),
        )
        table.append(entry)
        buffers.append(buffer)
    return WeightUpdate(table=tuple(table), buffers=tuple(buffers))


def _checksum(buffer: np.ndarray) -> str:
    return blake3(buffer.data, max_threads=blake3.AUTO).hexdigest()


def _flat(buffer: np.ndarray) -> Tensor:
    with warnings.catch_warnings():
        # A buffer from the object store is read-only; we only ever read it.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(buffer)
