"""Proof that new weights landed in a vLLM engine: what it computes with is read back and compared with what was sent.

vLLM fuses (q, k, v -> qkv), pads (vocabulary), transposes (GPT-2), ties (lm_head), shards (tensor parallel) and, on
CPU, keeps linear weights only inside a matrix-multiply handle. So a tensor is first located, then read as the layer
uses it: a parameter from memory, a handle by multiplying unit vectors, which gives its columns exactly.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from actors.weights import experts

TRANSPOSED = {"gpt2": ("c_attn", "c_proj", "c_fc")}
"""Linear layers that a checkpoint of this model type stores as [in, out]."""
COLUMNS = 16
"""Columns read from a handle where not all are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What became of an update in one engine process."""

    tensors: int
    """Sent, and each has a place."""
    compared: int
    """Compared by value."""
    problems: tuple[str, ...] = ()
    """Empty when the update landed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a checkpoint tensor lives in the engine's model."""

    module: str
    leaf: str
    """Name of the parameter in its module."""
    part: str | None = None
    """Which piece of a fused parameter; None for all of it."""


@torch.inference_mode()
def prove(
    model: nn.Module, sent: Iterable[str], kept: Mapping[str, Tensor], names: Sequence[str], turn: int | None
) -> Landing:
    """Every tensor sent has a place, every parameter got all its pieces, and those in ``names`` hold what was sent.

    ``sent``: names of all. ``kept``: what was sent of those in ``names``, and of the other parts of their experts.
    ``turn``: which `COLUMNS` columns of a handle to read; None reads all of them.
    """
    layout, sent = Layout(model), list(sent)
    places = {name: place for name in sent if (place := layout.locate(name)) is not None}
    problems = [f"{name!r} has no place in the engine's model" for name in sent if name not in places]
    problems += layout.uncovered(places.values())
    names_at = {place: name for name, place in places.items()}
    for name in names:
        if name not in places:
            continue
        place = places[name]
        if place.leaf in experts.FUSED:
            index = (place.part or "").partition(".")[0]
            family = {
                part: kept[names_at[Place(module=place.module, leaf=place.leaf, part=f"{index}.{part}")]]
                for part in experts.FUSED[place.leaf]
            }
            difference = experts.expert_difference(layout.modules[place.module], int(index), place.leaf, family)
        else:
            difference = layout.difference(place, kept[name], turn)
        if difference:
            problems.append(f"{name!r} differs from what was sent: {difference}")
    return Landing(tensors=len(sent), compared=len(names), problems=tuple(problems))


class Layout:
    """How an engine's model holds a checkpoint's tensors."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.modules = dict(model.named_modules())
        packed: Mapping[str, list[str]] = getattr(model, "packed_modules_mapping", None) or {}
        # Some mixtures of experts have dense layers that vLLM's table does not list.
        self.fusions = {"gate_up_proj": ["gate_proj", "up_proj"], **packed}
        self.transposed = TRANSPOSED.get(model.config.model_type, ())  # type: ignore[union-attr, arg-type]
        self.holders: dict[int, list[nn.Module]] = {}
        for module in self.modules.values():
            for parameter in module._parameters.values():
                self.holders.setdefault(id(parameter), []).append(module)

    def locate(self, name: str) -> Place | None:
        """The place of a checkpoint tensor; None when the model has none for it."""
        owner, _, leaf = name.rpartition(".")
        if self._holds(owner, leaf):
            return Place(module=owner, leaf=leaf)
        parent, _, part = owner.rpartition(".")
        for fused, parts in self.fusions.items():
            if part in parts and self._holds(f"{parent}.{fused}", leaf):
                return Place(module=f"{parent}.{fused}", leaf=leaf, part=part)
        if (match := experts.NAME.fullmatch(name)) and (kind := experts.PARTS.get(match["part"])):
            leaf = next(leaf for leaf, kinds in experts.FUSED.items() if kind in kinds)
            for module in (match["layer"], match["layer"] + ".routed_experts"):
                if self._holds(module, leaf):
                    return Place(module=module, leaf=leaf, part=f"{match['index']}.{kind}")
        return None

    def uncovered(self, places: Iterable[Place]) -> Iterator[str]:
        """Parameters, or pieces of them, that no tensor was sent for: in words."""
        got: dict[tuple[str, str], set[str]] = {}
        for place in places:
            got.setdefault((place.module, place.leaf), set()).update(
                self._pieces(place) if place.part is None else {place.part}
            )
        for name, _ in self.model.named_parameters():
            module, _, leaf = name.rpartition(".")
            whole = self._pieces(Place(module=module, leaf=leaf))
            missing = sorted(whole - got.get((module, leaf), set()))
            if missing:
                yield f"the engine's {name!r} was not sent ({', '.join(missing)})"

    def _pieces(self, place: Place) -> set[str]:
        if place.leaf in experts.FUSED:
            count = self.modules[place.module].get_parameter(place.leaf).shape[0]
            return {f"{index}.{part}" for index in range(count) for part in experts.FUSED[place.leaf]}
        return set(self.fusions.get(place.module.rpartition(".")[2], ["all of it"]))

    def difference(self, place: Place, sent: Tensor, turn: int | None) -> str:
        """How the engine's copy of a tensor differs from ``sent``; empty when it does not."""
        module = self.modules[place.module]
        if place.module.rpartition(".")[2] in self.transposed and sent.ndim == 2:
            sent = sent.T
        expected = self._local(module, place, sent)
        for reading, columns in self._readings(module, place.leaf, turn):
            held = self._piece(module, place, reading)
            wanted = expected if columns is None else expected[:, columns]
            if "shard_indices" in vars(module):
                held = held[: wanted.shape[0]]  # the rest pads the vocabulary
            if held.shape != wanted.shape:
                return f"shape {tuple(held.shape)}, not {tuple(wanted.shape)}"
            wanted = wanted.to(held)
            if not torch.equal(held, wanted):
                return f"{int((held != wanted).sum())} of {held.numel()} values read"
        return ""

    def _readings(self, module: nn.Module, leaf: str, turn: int | None) -> Iterator[tuple[Tensor, list[int] | None]]:
        """All that the engine holds of a parameter: (values, None), or (columns of a handle, which ones)."""
        parameter = {**module._parameters, **module._buffers}[leaf]
        assert parameter is not None, leaf
        if parameter.numel():
            yield parameter, None
        if leaf != "weight":
            return
        # A tied output layer holds the same parameter, and perhaps a handle of its own.
        handles = {id(vars(holder).get("cpu_linear")): holder for holder in self.holders.get(id(parameter), ())}
        for holder in handles.values():
            if "cpu_linear" not in vars(holder):
                continue
            width = _width(holder)
            columns = list(range(width)) if turn is None else [(turn * COLUMNS + at) % width for at in range(COLUMNS)]
            for chunk in (columns[at : at + 1024] for at in range(0, len(columns), 1024)):
                unit = torch.zeros(len(chunk), width, dtype=parameter.dtype)
                unit[range(len(chunk)), chunk] = 1
                yield holder.cpu_linear(unit, parameter, None).T, chunk  # type: ignore[operator]

    def _piece(self, module: nn.Module, place: Place, held: Tensor) -> Tensor:
        """The rows of a fused parameter that belong to one part."""
        if place.part is None:
            return held
        rows, at = _rows(module), self._part_index(place)
        return held[sum(rows[:at]) : sum(rows[: at + 1])]

    def _local(self, module: nn.Module, place: Place, sent: Tensor) -> Tensor:
        """This process's shard of a tensor under tensor parallelism; all of it otherwise."""
        size, rank = int(vars(module).get("tp_size") or 1), int(vars(module).get("tp_rank") or 0)
        if size == 1:
            return sent
        if "shard_indices" in vars(module):
            shard = vars(module)["shard_indices"]
            return sent[shard.org_vocab_start_index : shard.org_vocab_end_index]
        if "output_sizes" in vars(module):
            rows = _rows(module)
            if place.part is not None:
                return _shard(sent, 0, rows[self._part_index(place)], rank, size)
            first = rows[0] * size
            parts = [sent[:first], *sent[first:].chunk(len(rows) - 1)]
            return torch.cat([_shard(part, 0, row, rank, size) for part, row in zip(parts, rows, strict=True)])
        for dim, extent in enumerate(module.get_parameter(place.leaf).shape):
            sent = _shard(sent, dim, extent, rank, size)
        return sent

    def _part_index(self, place: Place) -> int:
        return self.fusions[place.module.rpartition(".")[2]].index(place.part or "")

    def _holds(self, module: str, leaf: str) -> bool:
        found = self.modules.get(module)
        return found is not None and (leaf in found._parameters or leaf in found._buffers)


def _rows(module: nn.Module) -> list[int]:
    """Rows of each part of a fused layer, in this process."""
    return [int(rows) // int(vars(module).get("tp_size") or 1) for rows in vars(module)["output_sizes"]]


def _width(module: nn.Module) -> int:
    """Input features of a layer, in this process."""
    if "shard_indices" in vars(module):
        return int(vars(module)["embedding_dim"])
    return int(vars(module).get("input_size_per_partition") or vars(module)["input_size"])


def _shard(tensor: Tensor, dim: int, extent: int, rank: int, size: int) -> Tensor:
    """Where there are fewer shards than ranks (key and value heads), neighbors hold the same one."""
    shards = tensor.shape[dim] // extent
    return tensor.narrow(dim, rank * shards // size * extent, extent)
