"""What a rank counts during a step, and its sum over ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from raylign.loop.packing import num_tokens
from raylign.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A step's figures, over all ranks."""

    loss_by_task: Mapping[str, float]
    """Sum of weight * loss; tasks that had an example."""
    examples: int
    tokens: int
    """Response tokens."""
    gap_max: float
    gap_mean: float
    padding: float


class Tally:
    """Running sums, in float64 on the device, so that nothing waits for the GPU before `reduce`."""

    def __init__(self, tasks: tuple[str, ...], *, device: str) -> None:
        self._tasks, self._device = tasks, device
        self._losses = {task: torch.zeros((), dtype=torch.float64, device=device) for task in tasks}
        self._counts = dict.fromkeys(tasks, 0)
        self._gap_sum = torch.zeros((), dtype=torch.float64, device=device)
        self._gap_count = torch.zeros((), dtype=torch.float64, device=device)
        self._gap_max = torch.zeros((), dtype=torch.float64, device=device)
        self._response_tokens = self._all_tokens = self._area = 0

    def add_loss(self, task: str, loss: Tensor) -> None:
        """Add a task's weighted loss."""
        self._losses[task] += loss.detach().double()

    def add_batch(self, examples: Sequence[Example], *, gap_ST: Tensor, mask_ST: Tensor) -> None:
        """Add a microbatch: its sizes, and |trainer - sampler| of the tokens that the present weights sampled."""
        sequences = [sequence for example in examples for sequence in example.sequences]
        fresh_S = [float(example.staleness == 0) for example in examples for _ in example.sequences]
        counted_ST = mask_ST * torch.tensor(fresh_S, device=self._device)[:, None]
        self._gap_sum += (gap_ST * counted_ST).double().sum()
        self._gap_count += counted_ST.double().sum()
        self._gap_max = torch.maximum(self._gap_max, (gap_ST * counted_ST).double().max())
        for example in examples:
            self._counts[example.task] += 1
        self._response_tokens += sum(len(sequence.response_ids) for sequence in sequences)
        self._all_tokens += sum(num_tokens(example) for example in examples)
        self._area += len(sequences) * (max(len(s.prompt_ids) for s in sequences) + mask_ST.shape[1])

    def reduce(self) -> Totals:
        """Sum over ranks; all of them must call it."""
        sizes = [*self._counts.values(), self._response_tokens, self._all_tokens, self._area]
        sums = torch.stack([*self._losses.values(), self._gap_sum, self._gap_count])
        sums = torch.cat([sums, torch.tensor(sizes, dtype=torch.float64, device=self._device)])
        dist.all_reduce(sums)
        dist.all_reduce(self._gap_max, op=dist.ReduceOp.MAX)
        values = sums.tolist()
        num_tasks = len(self._tasks)
        losses, (gap_sum, gap_count) = values[:num_tasks], values[num_tasks : num_tasks + 2]
        counts, (response_tokens, all_tokens, area) = values[num_tasks + 2 : -3], values[-3:]
        return Totals(
            loss_by_task={t: loss for t, loss, n in zip(self._tasks, losses, counts, strict=True) if n},
            examples=int(sum(counts)),
            tokens=int(response_tokens),
            gap_max=float(self._gap_max),
            gap_mean=gap_sum / gap_count if gap_count else 0.0,
            padding=1 - all_tokens / area if area else 0.0,
        )
