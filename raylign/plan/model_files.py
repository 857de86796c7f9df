"""What a model directory says of itself, read from its JSON and its safetensors headers. No torch, no weights."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import open_regular
from raylign.plan.vocabulary import check_same_files

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model directory, from outside."""

    path: Path
    architecture: str
    """``"LlamaForCausalLM"``."""
    parameters: int
    """Numbers in its checkpoint; tied weights count once."""
    vocab_size: int
    """Rows of the embedding, padding rows included."""
    max_position: int | None
    """Longest context in tokens, where the configuration states one."""
    dtype: str
    """``"float32"``, ``"bfloat16"``, ...: of most of its weights."""
    has_chat_template: bool


def inspect_model(model: str | Path) -> ModelInfo | None:
    """What the directory ``model`` holds; None where it can only be a hub id.

    Raises `SpecError` when it looks like a path and is not there, lacks a file, or has weights only as pickles.
    """
    path = Path(model).expanduser()
    if not path.exists():
        if _is_hub_id(str(model)):
            return None
        raise SpecError(f"there is no model directory {str(model)!r}: check the path, or name a hub id like 'org/name'")
    if not path.is_dir():
        raise SpecError(
            f"the model {str(model)!r} is a file: name the directory that holds config.json and the weights"
        )
    try:
        return _inspect(path)
    except SpecError:
        raise
    except (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise SpecError(
            f"config.json or a weight file's header in {str(path)!r} holds what no model has there "
            f"({type(error).__name__}: {error}); fetch the model again"
        ) from None


def _inspect(path: Path) -> ModelInfo:
    config = _read_config(path)
    text = config.get("text_config", config)
    shapes, dtypes = _tensors(path)
    return ModelInfo(
        path=path,
        architecture=_architecture(config, path),
        parameters=sum(prod(shape) for shape in shapes.values()),
        vocab_size=_vocab_size(text, path),
        max_position=int(text.get("max_position_embeddings") or text.get("n_positions") or 0) or None,
        dtype=max(dtypes, key=lambda name: dtypes[name]),
        has_chat_template=_has_chat_template(path),
    )


def check_same_vocabulary(policy: ModelInfo, reference: ModelInfo) -> None:
    """Raise `SpecError` unless both models give probabilities to the same tokens, as far as their files tell."""
    if policy.vocab_size != reference.vocab_size:
        raise SpecError(
            f"policy {str(policy.path)!r} has a vocabulary of {policy.vocab_size} tokens and reference "
            f"{str(reference.path)!r} one of {reference.vocab_size}: their log-probs cannot be compared; "
            "name a reference with the policy's tokenizer"
        )
    check_same_files(policy.path, reference.path)


def _is_hub_id(model: str) -> bool:
    return not model.startswith((".", "/", "~")) and model.count("/") <= 1


def _read_config(path: Path) -> dict[str, Any]:
    return _read_json(path / "config.json", f"{str(path)!r} is not a model directory: config.json is missing")


def _read_json(path: Path, missing: str) -> dict[str, Any]:
    try:
        with open_regular(path) as file:
            document = json.loads(file.read())
    except FileNotFoundError:
        raise SpecError(missing) from None
    except OSError as error:
        raise SpecError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{str(path)!r} is not JSON: {error}; fetch the model again") from None
    if not isinstance(document, dict):
        raise SpecError(f"{str(path)!r} holds {type(document).__name__}, not a mapping; fetch the model again")
    return document


def _architecture(config: Mapping[str, Any], path: Path) -> str:
    architectures = config.get("architectures") or []
    if not architectures:
        raise SpecError(f"{str(path / 'config.json')!r} names no `architectures`: is it a model's configuration?")
    return str(architectures[0])


def _vocab_size(config: Mapping[str, Any], path: Path) -> int:
    if "vocab_size" not in config:
        raise SpecError(f"{str(path / 'config.json')!r} has no `vocab_size`: raylign needs a language model")
    return int(config["vocab_size"])


def _weight_files(path: Path) -> list[Path]:
    index = path / "model.safetensors.index.json"
    if index.exists():
        names = sorted(set(_read_json(index, "").get("weight_map", {}).values()))
        missing = [name for name in names if not (path / name).exists()]
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


def _tensors(path: Path) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Shape by tensor, and numbers held by dtype."""
    shapes: dict[str, list[int]] = {}
    numbers: dict[str, int] = {}
    for file in _weight_files(path):
        for name, entry in _header(file).items():
            shapes[name] = entry["shape"]
            dtype = DTYPES.get(entry["dtype"], entry["dtype"].lower())
            numbers[dtype] = numbers.get(dtype, 0) + prod(entry["shape"])
    if not shapes:
        raise SpecError(f"the weight files of {str(path)!r} hold no tensor; fetch the model again")
    return shapes, numbers


DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def _header(file: Path) -> dict[str, Any]:
    """The JSON in front of a safetensors file: its length in 8 bytes, little endian, then itself."""
    try:
        with open_regular(file) as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > file.stat().st_size:
                raise SpecError(f"{str(file)!r} is cut short or not a safetensors file; fetch the model again")
            header: dict[str, Any] = json.loads(stream.read(length))
    except (struct.error, json.JSONDecodeError, UnicodeDecodeError):
        raise SpecError(f"{str(file)!r} is cut short or not a safetensors file; fetch the model again") from None
    header.pop("__metadata__", None)
    end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if file.stat().st_size < end:
        raise SpecError(f"{str(file)!r} is cut short: {file.stat().st_size} of {end} bytes; fetch the model again")
    return header


def _has_chat_template(path: Path) -> bool:
    if (path / "chat_template.jinja").exists() or (path / "chat_template.json").exists():
        return True
    config = path / "tokenizer_config.json"
    return config.exists() and bool(_read_json(config, "").get("chat_template"))
