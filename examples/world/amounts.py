"""How much of everything the tiny world has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much of everything; the defaults are what the repository holds."""

    seed: int = 0
    documents: int = 60_000
    """Chats that the policy learns from."""
    policy_steps: int = 1000
    cases: int = 16_000
    judge_steps: int = 400
    comparisons: int = 10_000
    reward_steps: int = 300
    batch: int = 64
    train_prompts: int = 256
    """Lines of each prompts file."""
    pairs: int = 256
    """Lines of each preference file."""
    rated: int = 96
    """Lines of the file of rated responses."""
    labelled: int = 192
    """Lines of the file of responses that are good or bad."""
    eval_prompts: int = 96
    """Lines of each held-out prompts file, where the task has so many questions."""
