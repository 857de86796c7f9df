"""Forward and backward passes: a rank's microbatches become gradients, which wait in the engine for an update."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from actors.training.tally import Tally, Totals
from raylign.loop.packing import of_task
from raylign.losses import LossFunction
from raylign.losses.learned import is_own
from raylign.losses.terms import Reading
from raylign.spec import Job
from raylign.tensors.collate import Batch, behavior_rows, collate_examples, split_terms
from raylign.tensors.logprobs import batched_logprobs, response_logprobs
from raylign.tensors.reading import read_beside
from raylign.tensors.watched import Watched
from raylign.types import Example
from raylign.types import Sequence as TokenSequence

IDLE = Example(
    task="", sequences=(TokenSequence(prompt_ids=(0,), response_ids=(0,), behavior=(), reference=()),), weight=0.0
)
"""What a rank reads that has nothing to read."""


class Passes:
    """One rank's; all ranks must make the same calls, over equally many microbatches.

    ``losses``: of each task. ``ends``: tokens that end a response. ``reference``: where losses read it.
    """

    def __init__(
        self,
        engine: Any,
        losses: Mapping[str, LossFunction],
        job: Job,
        *,
        ends: Sequence[int],
        world_size: int,
        device: str,
        reference: Watched | None = None,
    ) -> None:
        self.ends = ends
        self._reference = reference
        self._reading = frozenset(task.name for task in job.tasks if task.method.objective.reads)
        self._engine, self._losses, self._world_size, self._device = engine, losses, world_size, device
        self._temperature, self._budget = job.rollout.temperature, job.trainer.tokens_per_microbatch
        self._layout = job.layout
        # ZeRO-3 gathers weights pass by pass, so all ranks must make equally many; recomputing drops keys and values;
        # flush prompts do not end together.
        self.share_prompts = (
            job.trainer.sharding < 3 and not job.trainer.gradient_checkpointing and job.layout == "aligned"
        )

    def descend(self, microbatches: Sequence[Sequence[Example]], *, show: bool = False) -> Totals:
        """Add up the gradients of weight * loss over all microbatches; what the passes found, over all ranks.

        ``show``: also what the tokens of a task's first example here count for, where its loss weighs them.
        """
        tally = Tally({task: loss.measures for task, loss in self._losses.items()}, device=self._device)
        for examples in microbatches:
            self._engine.backward(self._world_size * (self._loss(examples, tally, show) + self._nothing()))
        return tally.reduce()

    def by_task(self, microbatches: Sequence[Sequence[Example]]) -> dict[str, list[list[Example]]]:
        """This rank's share of every task that any rank has examples of; a task's are equally many on all ranks."""
        shares = {
            task: of_task(microbatches, task, tokens_per_microbatch=self._budget, layout=self._layout)
            for task in self._losses
        }
        counts = torch.tensor([len(share) for share in shares.values()], device=self._device)
        dist.all_reduce(counts, op=dist.ReduceOp.MAX)
        return {
            task: share + [[] for _ in range(count - len(share))]
            for (task, share), count in zip(shares.items(), counts.tolist(), strict=True)
            if count
        }

    def _loss(self, examples: Sequence[Example], tally: Tally, show: bool) -> Tensor:
        """Sum of weight * loss over the examples, after one forward pass of all their sequences."""
        if not examples:
            # Other ranks are at work: collectives of ZeRO-3 need this rank's forward and backward pass as well.
            return 0.0 * self._read(self._collate([IDLE]), whole=False)[0].sum()
        batch = self._collate(examples)
        policy_ST, reading = self._read(batch, whole=any(example.task in self._reading for example in examples))
        losses = []
        for group in split_terms(examples, policy_ST, batch, reading):
            loss = self._losses[group.task](group.terms)
            losses.append((group.weight_U * loss.per_unit_U).sum())
            tally.add_loss(group.task, losses[-1], loss)
            if show and loss.weights_UNT is not None:
                tally.show(group.task, examples, loss.weights_UNT, group.terms.mask_UNT)
        gap_ST = (policy_ST.detach() - behavior_rows(examples, batch)).abs()
        tally.add_batch(examples, gap_ST=gap_ST, batch=batch)
        return torch.stack(losses).sum()

    def score(self, sequences: Sequence[TokenSequence]) -> list[tuple[float, ...]]:
        """What `_read` reads, without gradient: log-probs of every response token."""
        return batched_logprobs(
            self._engine,
            [(sequence.prompt_ids, sequence.response_ids) for sequence in sequences],
            temperature=self._temperature,
            tokens_per_batch=self._budget,
            barred=[sequence.barred for sequence in sequences],
            ends=self.ends,
            device=self._device,
            share_prompts=self.share_prompts,
        )

    def _collate(self, examples: Sequence[Example]) -> Batch:
        return collate_examples(examples, device=self._device, layout=self._layout)

    def _nothing(self) -> Tensor | float:
        """0, in which all weights of losses have a part: ranks add up gradients of the same parameters, whatever
        tasks the microbatches of each are of."""
        if self._world_size == 1:
            return 0.0
        own = [parameter.sum() for name, parameter in self._engine.module.named_parameters() if is_own(name)]
        return 0.0 * torch.stack(own).sum() if own else 0.0

    def _read(self, batch: Batch, *, whole: bool) -> tuple[Tensor, Reading | None]:
        """The policy's log-probs; where the ``whole`` distribution is asked for, the reading of the reference too."""
        how: dict[str, Any] = {
            "temperature": self._temperature, "ends": self.ends, "share_prompts": self.share_prompts
        }  # fmt: skip
        if self._reference is None or not whole:
            return response_logprobs(self._engine, batch, **how), None
        return read_beside(self._engine, self._reference, batch, **how)
