"""The policy's weights as its checkpoint has them, a few at a time: out of ZeRO-3's shards, adapters merged, and named
and cut as transformers does when it saves. No process ever holds all of them but one whose memory they already are in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import torch
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel

from actors.training.adapters import adapted_layers, merge_adapters, plain
from actors.training.zero import shape_of, whole_parameters
from actors.weights.checkpoint_names import converted, saved_buffers
from raylign.losses.learned import is_own


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """Parameters that are needed together, and what a checkpoint makes of them."""

    parameters: dict[str, torch.nn.Parameter]
    outline: dict[str, Tensor]
    """Names, dtypes and shapes of what comes of it: tensors without memory."""
    as_is: bool
    """Whether that is the parameters themselves."""


class WholeWeights:
    """Iterates over (name in the checkpoint, tensor): all ranks together, the tensors for rank 0 alone.

    The others take part in gathering, and are given empty ones. Unsharded weights are views that the next step changes.
    """

    def __init__(
        self, module: torch.nn.Module, model: PreTrainedModel, adapted: PeftModel | None, *, sharded: bool, rank: int
    ) -> None:
        self._model, self._sharded, self._rank = model, sharded, rank
        self._layers = dict(adapted_layers(adapted)) if adapted else {}
        named = [(name, parameter) for name, parameter in module.named_parameters() if not is_own(name)]
        outline = {name: torch.empty(shape_of(p), dtype=p.dtype, device="meta") for name, p in named}
        groups = [dict(group) for _, group in groupby(named, key=lambda item: _layer_of(item[0]))]
        self._units = [self._unit(group, outline) for group in groups]
        whole = converted(model, self._merged(outline))
        found = {name: tensor for unit in self._units for name, tensor in unit.outline.items()}
        if _shapes(found) != _shapes(whole):  # some need others than their own layer's
            self._units = [_Unit(parameters=dict(named), outline=whole, as_is=False)]
        self._buffers = converted(model, saved_buffers(model))

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each tensor, in the order in which they come."""
        return {name: tensor.nbytes for name, tensor in self.outline()}

    def outline(self) -> Iterator[tuple[str, Tensor]]:
        """Names, dtypes and shapes, of tensors without memory, in the order in which they come."""
        for unit in self._units:
            yield from unit.outline.items()
        yield from ((name, tensor.to("meta")) for name, tensor in self._buffers.items())

    def on_device(self) -> Iterator[tuple[str, Tensor]]:
        """The same where this rank computes, whole on every rank: for carriers between GPUs."""
        return self._come(kept=True, device="cuda")

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        return self._come(kept=self._rank == 0, device="cpu")

    def _come(self, *, kept: bool, device: str) -> Iterator[tuple[str, Tensor]]:
        for unit in self._units:
            named = unit.parameters.items()
            gathered = whole_parameters(named, sharded=self._sharded, kept=kept, device=device)
            parameters = dict(gathered)
            if not kept:
                yield from ((name, torch.empty(0)) for name in unit.outline)
                continue
            made = self._merged(parameters)
            del parameters
            if not unit.as_is:
                made = converted(self._model, made)
            yield from ((name, made[name]) for name in unit.outline)
        yield from self._buffers.items()

    def _unit(self, parameters: dict[str, torch.nn.Parameter], outline: Mapping[str, Tensor]) -> _Unit:
        given = self._merged({name: outline[name] for name in parameters})
        try:
            made = converted(self._model, given)
        except (RuntimeError, ValueError, KeyError):  # it lacks what it is made of together
            made = {}
        kept = {name: tensor for name, tensor in given.items() if name in made}
        return _Unit(parameters=parameters, outline=made, as_is=_shapes(kept) == _shapes(made))

    def _merged(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return merge_adapters(self._layers, tensors) if self._layers else tensors


def _layer_of(name: str) -> str:
    """What is merged together has one name here: a layer's weight and its adapters."""
    return plain(name).partition(".lora_")[0].removesuffix(".weight").removesuffix(".bias")


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
