"""The terms of a process's memory, and a model as a process holds it.

On CPU the terms are of a whole process: what one phase of its work frees stays with its allocator, so phases add up.
On CUDA they are of what it has on a GPU: there one phase's memory is the next one's, and the largest counts. Constants
for CPU are measured (``python -m benchmarks.memory``); on a GPU nothing has been.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from raylign.plan.dimensions import Dimensions
from raylign.plan.model_files import ModelInfo
from raylign.spec.job import Job

Device = Literal["cpu", "cuda"]
Terms = dict[str, float]
"""Bytes by what they are for."""

MIB = 2**20
GIB = 2**30
CONTEXT = 0.75 * GIB
"""What a process takes of a GPU before it holds anything: CUDA's context, cuBLAS, NCCL."""
STORE = "object store"
"""The term of the pages that processes share: the weights published last, and those before them."""
VERSIONS = 2
WIDTHS = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model in memory."""

    info: ModelInfo
    width: int
    """Bytes of a number."""

    @property
    def sizes(self) -> Dimensions:
        """Of a model whose configuration tells them: others' memory is not reckoned."""
        assert self.info.dimensions is not None, self.info.path
        return self.info.dimensions

    @property
    def weights(self) -> float:
        """Bytes of all weights."""
        return self.info.parameters * self.width

    @property
    def largest(self) -> float:
        """Bytes of its largest tensor: the embedding, most of the time."""
        return max(tensor.numel for tensor in self.info.tensors.values()) * self.width

    @property
    def tied(self) -> float:
        """Bytes of its output layer, where that has no weights of its own."""
        return 0 if any(name.endswith("lm_head.weight") for name in self.info.tensors) else self.largest

    @property
    def reading(self) -> float:
        """Bytes of its files that are in memory beside it while they become another precision."""
        return 0 if WIDTHS.get(self.info.dtype) == self.width else self.info.nbytes


def width_of(job: Job) -> int:
    """Bytes of a number of policy, reference and rollout."""
    return WIDTHS[job.policy.dtype]


def process(before: float, device: Device) -> Terms:
    """Of a process that has taken ``before`` bytes of a host before it holds a model."""
    return {"process": before if device == "cpu" else CONTEXT}


def published(model: Model, device: Device) -> Terms:
    """Pages of the object store that a process has mapped."""
    return {STORE: VERSIONS * model.weights} if device == "cpu" else {}


def together(phases: Sequence[Terms], device: Device) -> Terms:
    """What the phases of one process's work come to."""
    if device == "cuda":
        return largest(phases)
    return {name: value for phase in phases for name, value in phase.items()}


def largest(choices: Iterable[Terms]) -> Terms:
    """The one that is most in all."""
    return max(choices, key=lambda terms: sum(terms.values()))
