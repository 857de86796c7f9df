"""What goes on within a model while it reads: the outputs of its layers, the means of its activations."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from raylign.errors import SpecError
from raylign.objective import Reads
from raylign.tensors.logprobs import CausalLM

MLP = ("mlp", "feed_forward", "ffn", "block_sparse_moe")
ATTENTION = ("self_attn", "attn", "attention", "self_attention")
"""What the parts of a layer are called, in transformers' models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a causal language model answers, and beside it what was seen: each [S, W] or [S, W, H], W columns read."""

    logits: Tensor
    past_key_values: Any
    seen: tuple[Tensor, ...]


class Watched:
    """A `CausalLM` that answers as ``model``, and shows what is read of ``within``, the transformers model it runs.

    Shown are the states of its L layers, then the maps of its L MLPs, L attentions, L layers and of the logits, as far
    as ``reads`` asks for them. Raises `SpecError` for a model in which they cannot be found.
    """

    def __init__(self, model: CausalLM, within: Any, *, reads: Iterable[Reads]) -> None:
        self.module = within
        self._model, self._states, self._maps = model, "states" in reads, "maps" in reads
        self.layers = _layers(within) if self._states or self._maps else []
        parts = [[_part(layer, names) for layer in self.layers] for names in (MLP, ATTENTION)] if self._maps else []
        self._mapped = [module for group in (*parts, self.layers if self._maps else []) for module in group]

    def __call__(self, **keywords: Any) -> Answer:
        """As the model is called."""
        states: dict[int, Tensor] = {}
        maps: dict[int, Tensor] = {}
        with ExitStack() as watch:
            for at, module in enumerate(self.layers if self._states else []):
                watch.callback(module.register_forward_hook(partial(_keep, states, at)).remove)
            for at, module in enumerate(self._mapped):
                watch.callback(module.register_forward_hook(partial(_keep_mean, maps, at)).remove)
            read = self._model(**keywords)
        seen = [*(states[at] for at in range(len(states))), *(maps[at] for at in range(len(maps)))]
        if self._maps:
            seen.append(read.logits.mean(-1, dtype=torch.float32))
        return Answer(logits=read.logits, past_key_values=read.past_key_values, seen=tuple(seen))

    def states_and_maps(self, seen: Sequence[Tensor]) -> tuple[Tensor | None, Tensor | None]:
        """What was seen, [..., L, H] and [..., M]; None for what was not looked at."""
        count = len(self.layers) if self._states else 0
        states, maps = list(seen[:count]), list(seen[count:])
        return torch.stack(states, -2) if states else None, torch.stack(maps, -1) if maps else None


def _layers(model: Any) -> list[torch.nn.Module]:
    count = model.config.get_text_config(decoder=True).num_hidden_layers
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return list(module)
    raise SpecError(f"{type(model).__name__} has no list of {count} layers to read masks of: use another loss")


def _part(layer: torch.nn.Module, names: Sequence[str]) -> torch.nn.Module:
    for name, module in layer.named_children():
        if name in names:
            return module
    raise SpecError(
        f"{type(layer).__name__} has no part called {' or '.join(names)} to read masks of: use another loss"
    )


def _keep(kept: dict[int, Tensor], at: int, _module: Any, _inputs: Any, output: Any) -> None:
    kept[at] = output[0] if isinstance(output, tuple) else output


def _keep_mean(kept: dict[int, Tensor], at: int, _module: Any, _inputs: Any, output: Any) -> None:
    whole = output[0] if isinstance(output, tuple) else output
    kept[at] = whole.mean(-1, dtype=torch.float32)
