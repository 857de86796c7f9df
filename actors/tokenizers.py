"""What a model's directory or hub id says without its weights: tokenizer, ends, configuration. None of it needs torch.

Everything that is wrong with a model becomes a `SpecError` that names the model. No code comes from the hub.
"""

from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedTokenizerBase

from raylign.errors import SpecError
from raylign.plan.model_files import inspect_model


def load_tokenizer(model: str) -> PreTrainedTokenizerBase:
    """The model's tokenizer."""
    if inspect_model(model) is not None and not any(Path(model).expanduser().glob("tokenizer*")):
        raise SpecError(f"the model directory {model!r} has no tokenizer: tokenizer.json is missing")
    return read(lambda: AutoTokenizer.from_pretrained(model, trust_remote_code=False), model)


def stop_tokens(model: str, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Token ids that end a response: the tokenizer's own end first, then those of the generation configuration."""
    try:
        generation = GenerationConfig.from_pretrained(model)
    except OSError:  # the model has none
        generation = GenerationConfig.from_model_config(load_config(model))
    ends: int | list[int] | None = generation.eos_token_id
    listed = [ends] if isinstance(ends, int) else ends or []
    own = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    return tuple(dict.fromkeys([*own, *listed]))


def load_config(model: str) -> Any:
    """The model's configuration, as its directory has it."""
    inspect_model(model)
    return read(lambda: AutoConfig.from_pretrained(model, trust_remote_code=False), model)


def longest_context(model: str, asked: int | None) -> int:
    """Tokens that prompt and response may have together: the model's own limit, or what is ``asked`` below it."""
    info = inspect_model(model)
    own = info.max_position if info else getattr(load_config(model), "max_position_embeddings", None)
    return min(value for value in (own, asked, 1 << 20) if value is not None)


def read(load: Any, model: str) -> Any:
    """What ``load`` returns of the model. Raises `SpecError`."""
    try:
        return load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise SpecError(f"cannot load the model {model!r}: {error}") from error
