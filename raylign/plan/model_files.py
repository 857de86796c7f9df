"""What a model directory says of itself, read from its JSON and its safetensors headers. No torch, no weights."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import read_regular
from raylign.plan.dimensions import Dimensions, read_dimensions, read_size
from raylign.plan.hub_cache import cached_snapshot
from raylign.plan.vocabulary import check_same_files
from raylign.plan.weight_headers import TensorHeader, read_headers
from raylign.spec.recipe import stage_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model directory, from outside."""

    path: Path
    architecture: str
    """``"LlamaForCausalLM"``."""
    tensors: Mapping[str, TensorHeader]
    """Its checkpoint, by name; tied weights are there once."""
    dimensions: Dimensions | None
    """None where its configuration names them in a way we do not know."""
    vocab_size: int
    """Rows of the embedding, padding rows included."""
    max_position: int | None
    """Longest context in tokens, where the configuration states one."""
    has_chat_template: bool

    @property
    def parameters(self) -> int:
        """Numbers in its checkpoint."""
        return sum(tensor.numel for tensor in self.tensors.values())

    @property
    def nbytes(self) -> int:
        """Of its checkpoint's tensors, as their files hold them."""
        return sum(tensor.nbytes for tensor in self.tensors.values())

    @property
    def dtype(self) -> str:
        """``"float32"``, ``"bfloat16"``, ...: of most of its weights."""
        numbers = Counter[str]()
        for tensor in self.tensors.values():
            numbers[tensor.dtype] += tensor.numel
        return max(numbers, key=lambda name: numbers[name])


def find_model(model: str | Path) -> ModelInfo | None:
    """As `inspect_model`, and a hub id as this machine's cache holds it; None for one that it does not hold whole."""
    if (info := inspect_model(model)) or (snapshot := cached_snapshot(str(model))) is None:
        return info
    try:
        return inspect_model(snapshot)
    except SpecError:
        return None  # what is missing in a cache is fetched when the model is loaded


def inspect_model(model: str | Path) -> ModelInfo | None:
    """What the directory ``model`` holds; None where it can only be a hub id.

    Raises `SpecError` when it looks like a path and is not there, lacks a file, has weights only as pickles, or says
    of itself what cannot be.
    """
    if stage_of(str(model)) is not None:
        raise SpecError(f"{str(model)!r} is what a stage of a recipe makes: only a later stage of it may name that")
    path = Path(model).expanduser()
    if not path.exists():
        if is_hub_id(str(model)):
            return None
        raise SpecError(f"there is no model directory {str(model)!r}: check the path, or name a hub id like 'org/name'")
    if not path.is_dir():
        raise SpecError(
            f"the model {str(model)!r} is a file: name the directory that holds config.json and the weights"
        )
    config = _read_config(path)
    text = config.get("text_config", config)
    if not isinstance(text, dict):
        raise SpecError(f"{str(path / 'config.json')!r} has a `text_config` that is no mapping; fetch the model again")
    return ModelInfo(
        path=path,
        architecture=_architecture(config, path),
        tensors=read_headers(path),
        dimensions=read_dimensions(text, path),
        vocab_size=_vocab_size(text, path),
        max_position=read_size(text, "max_position_embeddings", path) or read_size(text, "n_positions", path),
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


def is_hub_id(model: str) -> bool:
    return not model.startswith((".", "/", "~")) and model.count("/") <= 1


def _read_config(path: Path) -> dict[str, Any]:
    return _read_json(path / "config.json", f"{str(path)!r} is not a model directory: config.json is missing")


def _read_json(path: Path, missing: str) -> dict[str, Any]:
    try:
        document = json.loads(read_regular(path))
    except FileNotFoundError:
        raise SpecError(missing) from None
    except OSError as error:
        raise SpecError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except RecursionError:
        raise SpecError(f"{str(path)!r} is nested too deep; fetch the model again") from None
    except ValueError as error:  # of JSON, of UTF-8, of a number with too many digits
        raise SpecError(f"{str(path)!r} is not JSON: {error}; fetch the model again") from None
    if not isinstance(document, dict):
        raise SpecError(f"{str(path)!r} holds {type(document).__name__}, not a mapping; fetch the model again")
    return document


def _architecture(config: Mapping[str, Any], path: Path) -> str:
    architectures = config.get("architectures") or []
    if not isinstance(architectures, list) or not architectures:
        raise SpecError(f"{str(path / 'config.json')!r} names no `architectures`: is it a model's configuration?")
    return str(architectures[0])


def _vocab_size(config: Mapping[str, Any], path: Path) -> int:
    size = read_size(config, "vocab_size", path)
    if size is None:
        raise SpecError(f"{str(path / 'config.json')!r} has no `vocab_size`: raylign needs a language model")
    return size


def _has_chat_template(path: Path) -> bool:
    if (path / "chat_template.jinja").exists() or (path / "chat_template.json").exists():
        return True
    config = path / "tokenizer_config.json"
    return config.exists() and bool(_read_json(config, "").get("chat_template"))
