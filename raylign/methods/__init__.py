"""Methods: how feedback becomes loss terms. One file each, read beside its paper; `method` says what they share."""

from typing import Annotated

from pydantic import Field

from raylign.methods.codpo import CODPO
from raylign.methods.crpg import CRPG
from raylign.methods.crraft import CRRAFT
from raylign.methods.grpo import GRPO
from raylign.methods.oaif import OAIF

__all__ = ["CODPO", "CRPG", "CRRAFT", "GRPO", "OAIF", "AnyMethod"]

AnyMethod = Annotated[CRPG | CODPO | CRRAFT | OAIF | GRPO, Field(discriminator="type")]
"""A union on ``type``: a line for every kind that a job may name."""
