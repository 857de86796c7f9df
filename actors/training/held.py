"""The reference beside the policy, for losses that read more of it than the log-probs of tokens."""

from typing import Any

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from actors.loading import load_policy
from actors.training.adapters import without_adapters
from raylign.spec import Job
from raylign.tensors.watched import Watched


def hold_reference(job: Job, policy: PreTrainedModel, adapted: PeftModel | None, *, device: str) -> Watched | None:
    """What reads as the reference does; None where no task's loss asks for more than log-probs.

    It is the policy without its adapters, where it has some and these are all that it differs in; else a model of its
    own, whole on every rank.
    """
    if not job.reads:
        return None
    if adapted is not None and job.lends_reference:

        @torch.no_grad()
        def bare(**keywords: Any) -> Any:
            with without_adapters(adapted):
                return adapted(**keywords)

        return Watched(bare, policy, reads=job.reads)
    frozen = load_policy(job.held_to, dtype=job.policy.dtype, device=device).requires_grad_(False)
    return Watched(frozen, frozen, reads=job.reads)
