"""The reference on the trainer's ranks: for a model that no single GPU holds, or that the policy has within itself.

With adapters it is the policy less these, and takes no memory. Under ZeRO-3 it lies in shards beside the policy's.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from peft import PeftModel

from actors.loading import load_policy
from actors.training.adapters import without_adapters
from actors.training.sharded import load_in_shards
from actors.training.zero import freeze_engine, into_shards
from raylign.spec import Job
from raylign.tensors.collate import TokenIds
from raylign.tensors.embeddings import batched_embeddings
from raylign.tensors.logprobs import batched_logprobs

Pass = Sequence[tuple[TokenIds, TokenIds]]
"""(prompt ids, response ids) that are read together."""
ONE_PASS = 2**62
"""A budget of tokens that cuts nothing."""


class FrozenReference:
    """One rank's. All ranks must make equally many passes, under ZeRO-3 in step."""

    def __init__(
        self, job: Job, policy: Any, adapted: PeftModel | None, *, ends: Sequence[int], world_size: int, device: str
    ) -> None:
        self._adapted = adapted if job.lends_reference else None
        self._model = policy if self._adapted else _in_shards(job, world_size=world_size, device=device)
        self._temperature, self._ends, self._device = job.rollout.temperature, ends, device

    @torch.no_grad()
    def score(self, passes: Sequence[Pass], barred: Sequence[Sequence[int]]) -> list[list[tuple[float, ...]]]:
        """By pass, the log-probability of every response token; ``barred`` as in `batched_logprobs`."""
        with self._bare():
            return [
                batched_logprobs(
                    self._model,
                    rows,
                    temperature=self._temperature,
                    tokens_per_batch=ONE_PASS,
                    barred=counts,
                    ends=self._ends,
                    device=self._device,
                    share_prompts=self._adapted is not None,
                )
                for rows, counts in zip(passes, barred, strict=True)
            ]

    def embed(self, passes: Sequence[Pass]) -> list[list[Any]]:
        """By pass, the last hidden state after every response, float32."""
        plain = self._adapted.get_base_model() if self._adapted else self._model.module
        with self._bare():
            return [batched_embeddings(plain, rows, tokens_per_batch=ONE_PASS, device=self._device) for rows in passes]

    def _bare(self) -> AbstractContextManager[None]:
        return without_adapters(self._adapted) if self._adapted else nullcontext()


def _in_shards(job: Job, *, world_size: int, device: str) -> Any:
    made = load_in_shards(job.held_to, dtype=job.policy.dtype, device=device, world_size=world_size)
    if made is None:  # its checkpoint has to be converted, as a whole
        made = load_policy(job.held_to, dtype=job.policy.dtype, device=device)
        into_shards(made, job.policy.dtype, world_size=world_size, device=device, sent=True)
    return freeze_engine(made.requires_grad_(False), job.policy.dtype, world_size=world_size)
