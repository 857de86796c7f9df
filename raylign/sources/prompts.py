"""All prompts of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from raylign.sources.canaries import Canary
from raylign.sources.deck import Outline
from raylign.types import Prompt

Encode = Callable[[Prompt], tuple[int, ...]]
"""Token ids of a prompt's golden response in the policy's vocabulary, end included. For a job that ``rates``, of the
whole conversation as reward models read it; none where they do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All prompts of a run, by task."""

    prompts: Mapping[str, Sequence[Prompt]]
    eval_prompts: Mapping[str, Sequence[Prompt]]
    outlines: Mapping[str, Outline]
    """Of the prompts to train on."""
    canaries: Mapping[tuple[str, str], Sequence[Canary]] = field(default_factory=dict)
    """By task and judge."""
    warnings: Sequence[str] = ()
    """What is to be said of them: how many were left out, what is not measured."""
