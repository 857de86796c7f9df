"""Whom a job needs: actors, by what they do."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["policy", "reference", "rollout", "reward", "judge", "llm-judge", "endpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actors:
    """Some of one role that hold the same models."""

    role: Role
    count: int
    gpus: float
    """That each of them reserves, on cuda."""
    models: tuple[str, ...]
    """That each of them holds."""
