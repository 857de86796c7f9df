"""Load models from a directory or by hub id, safely: weights from safetensors only, no code from the hub.

Everything that is wrong with a model becomes a `SpecError` that names the model.
"""

from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedModel,
)
from transformers.utils import logging

from actors.tokenizers import load_config, load_tokenizer, read
from raylign.errors import SpecError
from raylign.plan.model_files import inspect_model
from raylign.plan.weight_headers import weight_files

# Workers' output is read by people; a bar for every model of every actor is not.
logging.disable_progress_bar()

DType = Literal["float32", "bfloat16"]
DTYPES: dict[DType, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def load_policy(model: str, *, dtype: DType, device: str, weights: str | None = None) -> PreTrainedModel:
    """A causal language model, in evaluation mode, with dropout off also while training.

    ``weights``: another model of the same architecture, whose weights it gets instead of its own.
    """
    loaded = _load(AutoModelForCausalLM, model, dtype, weights)
    return loaded.to(device).eval()


def load_reward(model: str, *, dtype: DType, device: str, gpus: int = 1) -> PreTrainedModel:
    """A sequence-classification model with one output, in evaluation mode.

    ``gpus``: over how many of those that the process sees its layers are spread, on cuda.
    """
    config = read(lambda: AutoConfig.from_pretrained(model, trust_remote_code=False), model)
    if config.num_labels != 1:
        raise SpecError(
            f"the reward model {model!r} has {config.num_labels} outputs: a reward needs one; "
            "save it with `num_labels=1`"
        )
    if gpus > 1 and device == "cuda":
        return _load(AutoModelForSequenceClassification, model, dtype, device_map="balanced").eval()
    return _load(AutoModelForSequenceClassification, model, dtype).to(device).eval()


def load_rater(model: str, *, dtype: DType, device: str) -> PreTrainedModel:
    """A sequence-classification model with one output on the backbone of ``model``, to be trained: its head is new, by
    torch's generator, where the model has none. Else as `load_policy`."""
    loaded = _load(AutoModelForSequenceClassification, model, dtype, config=rating_config(model), new_head=True)
    loaded.config.use_cache = False
    return loaded.to(device).eval()


def rating_config(model: str) -> Any:
    """The model's configuration, of one output. Where it names no padding, the end of a text is: a head reads the last
    token that is none."""
    config = load_config(model)
    config.num_labels = 1
    text = config.get_text_config()
    if text.pad_token_id is None:
        tokenizer = load_tokenizer(model)
        text.pad_token_id = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    if text.pad_token_id is None:
        raise SpecError(
            f"the model {model!r} has neither padding nor an end of texts, by which a head finds where to read: set "
            "`pad_token` in its tokenizer_config.json"
        )
    return config


def prepared_config(model: str, config: Any = None) -> Any:
    """The configuration, the model's own where there is none, without dropout."""
    config = config or load_config(model)
    for name, value in config.to_dict().items():
        # Trainer and sampler must be the same distribution; attention reads its dropout from the configuration.
        if ("drop" in name or "pdrop" in name) and isinstance(value, float):
            setattr(config, name, 0.0)
    return config


def cached_files(model: str) -> list[Path]:
    """The model's weight files: of its directory, or of the hub's cache, into which they are fetched."""
    if inspect_model(model) is not None:
        return weight_files(Path(model).expanduser())
    from huggingface_hub import snapshot_download

    folder = read(lambda: snapshot_download(model, allow_patterns=["*.safetensors", "*.index.json"]), model)
    return weight_files(Path(folder))


def _load(
    kind: Any,
    model: str,
    dtype: DType,
    weights: str | None = None,
    *,
    device_map: str | None = None,
    config: Any = None,
    new_head: bool = False,
) -> PreTrainedModel:
    config = prepared_config(model, config)
    source = weights or model
    if weights is not None:
        inspect_model(weights)
    loaded, report = read(
        lambda: kind.from_pretrained(
            source,
            config=config,
            dtype=DTYPES[dtype],
            device_map=device_map,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        ),
        source,
    )
    body = f"{loaded.base_model_prefix}."
    missing = sorted(name for name in report["missing_keys"] if not new_head or name.startswith(body))
    if missing:
        raise SpecError(
            f"the model {source!r} lacks the weights of {len(missing)} tensors, first {missing[0]!r}: "
            f"it is not a trained {loaded.__class__.__name__}"
        )
    return without_dropout(loaded)


def without_dropout(model: PreTrainedModel) -> PreTrainedModel:
    """The model, whose layers drop nothing also while it trains."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model
