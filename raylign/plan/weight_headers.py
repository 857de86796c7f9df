"""Which tensors a model directory holds: read from the headers of its safetensors files. No weight is read."""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import open_regular, read_regular

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
INDEX = "model.safetensors.index.json"
LONGEST_HEADER = 100_000_000
"""Bytes; the format's own library reads no longer one."""
MOST_EXTENTS, LONGEST_EXTENT = 64, 2**63 - 1
"""Of a tensor's shape, as torch takes them."""
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorHeader:
    """One tensor of a checkpoint."""

    shape: tuple[int, ...]
    dtype: str
    """``"float32"``, ``"bfloat16"``, ..."""
    nbytes: int
    """In its file."""
    offset: int = 0
    """Where it begins there."""

    @property
    def numel(self) -> int:
        """Numbers it holds."""
        return prod(self.shape)


def read_headers(path: Path) -> dict[str, TensorHeader]:
    """Every tensor of the model directory ``path``, by name.

    Raises `SpecError` where files are missing, cut short or no safetensors, or weights are there only as pickles.
    """
    tensors = {name: tensor for file in weight_files(path) for name, tensor in file_headers(file)}
    if not tensors:
        raise SpecError(f"the weight files of {str(path)!r} hold no tensor; fetch the model again")
    return tensors


def weight_files(path: Path) -> list[Path]:
    """The files of the model directory ``path`` that hold its weights. Raises `SpecError`."""
    index = path / INDEX
    if index.exists():
        names = _indexed(index)
        missing = [name for name in names if not (path / name).is_file()]
        if missing:
            raise SpecError(f"the model {str(path)!r} lacks {missing[0]!r}, one of its {len(names)} weight files")
        return [path / name for name in names]
    files = sorted(path.glob("*.safetensors"))
    if files:
        return files
    pickles = sorted(file.name for pattern in PICKLES for file in path.glob(pattern))
    if pickles:
        raise SpecError(
            f"the model {str(path)!r} has its weights only as a pickle, {pickles[0]!r}, which can run code when "
            "loaded: convert it to safetensors (`model.save_pretrained(...)` does)"
        )
    raise SpecError(f"{str(path)!r} is not a model directory: model.safetensors is missing")


def _indexed(index: Path) -> list[str]:
    """Names of the files that an index lists, none of them outside its directory."""
    try:
        names = sorted({str(name) for name in json.loads(read_regular(index))["weight_map"].values()})
    except OSError as error:
        raise SpecError(f"cannot read {str(index)!r}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SpecError(f"{str(index)!r} is no index of weight files; fetch the model again") from None
    for name in names:
        if Path(name).name != name:
            raise SpecError(f"{str(index)!r} names the weight file {name!r}, which is not beside it")
    return names


def file_headers(file: Path) -> Iterator[tuple[str, TensorHeader]]:
    """Every tensor of one safetensors file, by name. Raises `SpecError`."""
    header, start = _header(file)
    entries = [(name, _entry(file, name, entry)) for name, entry in header.items() if name != "__metadata__"]
    end = start + max((end for _, (_, end) in entries), default=0)
    size = file.stat().st_size
    if size < end:
        raise SpecError(f"{str(file)!r} is cut short: {size} of {end} bytes; fetch the model again")
    for name, (tensor, _) in entries:
        yield name, replace(tensor, offset=start + tensor.offset)


def _header(file: Path) -> tuple[Mapping[str, Any], int]:
    """The JSON in front of a safetensors file, and where it ends: its length in 8 bytes, little endian, then itself."""
    broken = SpecError(f"{str(file)!r} is cut short or not a safetensors file; fetch the model again")
    try:
        with open_regular(file) as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > min(file.stat().st_size, LONGEST_HEADER):
                raise broken
            header = json.loads(stream.read(length))
    except OSError as error:
        raise SpecError(f"cannot read {str(file)!r}: {error.strerror}") from None
    except (struct.error, ValueError, RecursionError):
        raise broken from None
    if not isinstance(header, dict):
        raise broken
    return header, 8 + length


def _entry(file: Path, name: str, entry: Any) -> tuple[TensorHeader, int]:
    """A tensor, and where it ends among the file's bytes."""
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(begin), int(end)]} if (
            0 <= begin <= end
            and len(shape) <= MOST_EXTENTS
            and all(type(extent) is int and 0 <= extent <= LONGEST_EXTENT for extent in shape)
            and prod(shape) <= 8 * (end - begin)  # no number has less than a bit
        ):
            known = DTYPES.get(dtype, dtype.lower())
            tensor = TensorHeader(shape=tuple(shape), dtype=known, nbytes=end - begin, offset=begin)
            return tensor, end
    raise SpecError(f"{str(file)!r} describes its tensor {name!r} wrongly; fetch the model again")
