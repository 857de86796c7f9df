"""What a rank counts during a step, and its sum over ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.distributed as dist
from torch import Tensor

from raylign.loop.packing import num_tokens
from raylign.losses import Loss
from raylign.tensors.collate import Batch
from raylign.types import Example

Weighed: TypeAlias = tuple[tuple[int, ...], tuple[float, ...]]
"""Of a response, its tokens and what each counts for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A step's figures, over all ranks."""

    loss_by_task: Mapping[str, float]
    """Sum of weight * loss; tasks that had an example."""
    metrics_by_task: Mapping[str, Mapping[str, float]]
    """What their losses measured; a mean over nothing is left out."""
    examples: int
    tokens: int
    """Response tokens."""
    gap_max: float
    gap_mean: float
    padding: float
    weighed: Mapping[str, tuple[Weighed, ...]]
    """By task, the responses of one example of this rank; none where nothing was to be shown."""


class Tally:
    """Running sums, in float64 on the device, so that nothing waits for the GPU before `reduce`.

    ``measures``: what each task's loss measures, the same on all ranks.
    """

    def __init__(self, measures: Mapping[str, tuple[str, ...]], *, device: str) -> None:
        self._tasks, self._device = tuple(measures), device
        self._losses = {task: self._zero() for task in measures}
        self._metrics = {(task, name): [self._zero(), self._zero()] for task in measures for name in measures[task]}
        self._counts = dict.fromkeys(measures, 0)
        self._gap_sum, self._gap_count, self._gap_max = self._zero(), self._zero(), self._zero()
        self._response_tokens = self._all_tokens = self._area = 0
        self._weighed: dict[str, tuple[Weighed, ...]] = {}

    def add_loss(self, task: str, weighted: Tensor, loss: Loss) -> None:
        """Add a task's loss, weighted and summed, and what it measured."""
        self._losses[task] += weighted.detach().double()
        for name, (total, count) in loss.metrics.items():
            sums = self._metrics[task, name]
            sums[0] += total
            sums[1] += count

    def show(self, task: str, examples: Sequence[Example], weights_UNT: Tensor, mask_UNT: Tensor) -> None:
        """Keep the weights of the task's first example, where there is none yet: the first unit is of that."""
        if task not in self._weighed:
            first = next(example for example in examples if example.task == task)
            rows = (weights[mask > 0].tolist() for weights, mask in zip(weights_UNT[0], mask_UNT[0], strict=True))
            self._weighed[task] = tuple(
                (one.response_ids, tuple(row)) for one, row in zip(first.sequences, rows, strict=True)
            )

    def add_batch(self, examples: Sequence[Example], *, gap_ST: Tensor, batch: Batch) -> None:
        """Add a microbatch: its sizes, and |trainer - sampler| of the tokens that the present weights sampled."""
        sequences = [sequence for example in examples for sequence in example.sequences]
        fresh_S = [float(example.staleness == 0) for example in examples for _ in example.sequences]
        counted_ST = batch.mask_ST * torch.tensor(fresh_S, device=self._device)[:, None]
        self._gap_sum += (gap_ST * counted_ST).double().sum()
        self._gap_count += counted_ST.double().sum()
        self._gap_max = torch.maximum(self._gap_max, (gap_ST * counted_ST).double().max())
        for example in examples:
            self._counts[example.task] += 1
        self._response_tokens += sum(len(sequence.response_ids) for sequence in sequences)
        self._all_tokens += sum(num_tokens(example) for example in examples)
        self._area += len(sequences) * (batch.input_ids_SL.shape[1] + batch.unread)

    def reduce(self) -> Totals:
        """Sum over ranks; all of them must call it."""
        sizes = [*self._counts.values(), self._response_tokens, self._all_tokens, self._area]
        metrics = [value for sums in self._metrics.values() for value in sums]
        sums = torch.stack([*self._losses.values(), *metrics, self._gap_sum, self._gap_count])
        sums = torch.cat([sums, torch.tensor(sizes, dtype=torch.float64, device=self._device)])
        dist.all_reduce(sums)
        dist.all_reduce(self._gap_max, op=dist.ReduceOp.MAX)
        values = iter(sums.tolist())
        losses = {task: next(values) for task in self._tasks}
        means = {key: (next(values), next(values)) for key in self._metrics}
        gap_sum, gap_count = next(values), next(values)
        counts = {task: next(values) for task in self._tasks}
        response_tokens, all_tokens, area = values
        return Totals(
            loss_by_task={task: losses[task] for task in self._tasks if counts[task]},
            metrics_by_task={
                task: {
                    name: total / count for (owner, name), (total, count) in means.items() if owner == task and count
                }
                for task in self._tasks
                if counts[task]
            },
            examples=int(sum(counts.values())),
            tokens=int(response_tokens),
            gap_max=float(self._gap_max),
            gap_mean=gap_sum / gap_count if gap_count else 0.0,
            padding=1 - all_tokens / area if area else 0.0,
            weighed=self._weighed,
        )

    def _zero(self) -> Tensor:
        return torch.zeros((), dtype=torch.float64, device=self._device)
