"""DeepSpeed's optimizer state as other ranks left it, cut anew for as many as there are now: to the bit, and each rank
reads only what becomes its own.

ZeRO cuts what is trained by groups of the optimizer. At stages 1 and 2 a group is one row of numbers, cut into as many
equal parts as there are ranks; at stage 3 each of its parameters is such a row, and a rank strings its parts together,
in sub-groups of some size. Zeros fill what is left at a row's end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from raylign.errors import CheckpointError

Strip = Sequence[Tensor]
"""A rank's parts of a group, one after another."""


def load_resharded(engine: Any, files: Sequence[Path], model: Any, *, strict: bool) -> None:
    """Have ``engine`` go on from the optimizer states of other ranks, in their order, and from their ``model`` state.

    All ranks must call it together. Raises `CheckpointError` where the states are those of another training.
    """
    zero = engine.optimizer
    if hasattr(zero, "checkpoint_event_prologue"):
        zero.checkpoint_event_prologue()
    engine.load_module_state_dict(checkpoint=model, strict=strict)
    engine.global_steps, engine.skipped_steps = model["global_steps"], model["skipped_steps"]
    engine.global_samples = engine.global_steps * engine.train_batch_size()
    rank, ranks = engine.global_rank, engine.world_size
    own = _own_state(zero, [read_state(file)["optimizer_state_dict"] for file in files], rank=rank, ranks=ranks)
    zero.load_state_dict(state_dict_list=[own] * ranks, load_optimizer_states=True, load_from_fp32_weights=True)
    if hasattr(zero, "checkpoint_event_epilogue"):
        zero.checkpoint_event_epilogue()


def read_state(file: Path) -> Any:
    """What a rank of DeepSpeed wrote; its tensors stay in the file until they are looked at."""
    try:
        return torch.load(file, map_location="cpu", mmap=True, weights_only=False)
    except OSError as error:
        raise CheckpointError(f"{str(file)!r} cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Rows:
    """A group of the optimizer, as it is cut."""

    lengths: Sequence[int]
    """Numbers of each row."""
    align: int
    """Every part has a multiple of so many."""

    def cut(self, strips: Sequence[Strip], *, rank: int, ranks: int) -> Tensor:
        """The part of one of ``ranks``, of the parts that as many had before as there are ``strips``."""
        made = torch.zeros(sum(self._part(length, ranks) for length in self.lengths))
        old_start = new_start = 0
        for length in self.lengths:
            old, new = self._part(length, len(strips)), self._part(length, ranks)
            at, end = min(rank * new, length), min((rank + 1) * new, length)
            into = made[new_start : new_start + end - at]
            while at < end:
                source, inside = divmod(at, old)
                count = min(end - at, old - inside)
                _read(strips[source], old_start + inside, into[:count])
                at, into = at + count, into[count:]
            old_start, new_start = old_start + old, new_start + new
        return made

    def _part(self, length: int, ranks: int) -> int:
        """Numbers that a rank has of a row, with what fills its end."""
        return -(-length // (self.align * ranks)) * self.align


def _read(strip: Strip, first: int, into: Tensor) -> None:
    """Fill ``into`` with the strip's numbers from ``first`` on."""
    for tensor in strip:
        taken = tensor[first : first + into.numel()]
        into[: taken.numel()].copy_(taken)
        first, into = max(first - tensor.numel(), 0), into[taken.numel() :]
    if into.numel():
        raise CheckpointError(f"the optimizer's state lacks {into.numel()} numbers: it is that of another training")


def _own_state(zero: Any, states: Sequence[Any], *, rank: int, ranks: int) -> dict[str, Any]:
    """One rank's state dict, in the place of those that other ranks wrote."""
    optimizer, weights, layout = _layout(zero)
    groups = states[0][optimizer]["param_groups"]
    if len(groups) != len(layout):
        raise CheckpointError(f"the optimizer's state has {len(groups)} groups, {len(layout)} are trained")
    made: list[Tensor] = []
    moments: dict[int, dict[str, Any]] = {}
    told = []
    for group, (rows, sizes) in zip(groups, layout, strict=True):
        places, own = group["params"], range(len(made), len(made) + len(sizes))
        strips = [[state[weights][at] for at in places] for state in states]
        made += rows.cut(strips, rank=rank, ranks=ranks).split(sizes)
        moments |= {at: {} for at in own}
        for key, value in states[0][optimizer]["state"][places[0]].items():
            if not value.dim():  # the count of steps, which each counts on
                parts: Sequence[Tensor] = [value.clone() for _ in sizes]
            else:
                strips = [[state[optimizer]["state"][at][key] for at in places] for state in states]
                parts = rows.cut(strips, rank=rank, ranks=ranks).split(sizes)
            for at, part in zip(own, parts, strict=True):
                moments[at][key] = part
        told.append({**group, "params": list(own)})
    return {**states[0], weights: made, optimizer: {"state": moments, "param_groups": told}}


def _layout(zero: Any) -> tuple[str, str, list[tuple[Rows, list[int]]]]:
    """Under which keys a state has the optimizer's and the float32 weights; by group, its rows, and the numbers of each
    of this rank's tensors."""
    if hasattr(zero, "fp32_partitioned_groups_flat"):
        found = [(Rows(lengths, align=1), sizes) for lengths, sizes in _sub_groups(zero)]
        return "optimizer_state_dict", "fp32_flat_groups", found
    half = hasattr(zero, "bf16_groups")
    groups = zero.bf16_groups if half else zero.bit16_groups
    parts = zero.fp32_groups_flat_partition if half else zero.single_partition_of_fp32_groups
    found = [
        (Rows([sum(parameter.numel() for parameter in group)], align=zero.nccl_start_alignment_factor), [part.numel()])
        for group, part in zip(groups, parts, strict=True)
    ]
    return "base_optimizer_state", "single_partition_of_fp32_groups", found


def _sub_groups(zero: Any) -> Iterator[tuple[list[int], list[int]]]:
    """By group of the optimizer under ZeRO-3: numbers of its parameters, and of this rank's sub-groups."""
    of_group = zero.sub_group_to_group_id
    for group in sorted(set(of_group.values())):
        mine = [at for at in range(len(zero.fp16_groups)) if of_group[at] == group]
        lengths = [parameter.ds_numel for at in mine for parameter in zero.fp16_groups[at]]
        yield lengths, [zero.fp32_partitioned_groups_flat[at].numel() for at in mine]
