"""Methods: how feedback becomes loss terms. One file each, read beside its paper; `method` says what they share."""

from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

from pydantic import Field

from raylign.extensions import extended
from raylign.methods.codpo import CODPO
from raylign.methods.crpg import CRPG
from raylign.methods.crraft import CRRAFT
from raylign.methods.grpo import GRPO
from raylign.methods.lagrangian import Lagrangian
from raylign.methods.method import Method
from raylign.methods.nash_md import NashMD
from raylign.methods.oaif import OAIF
from raylign.methods.reinforce_pp import ReinforcePP
from raylign.methods.rloo import RLOO
from raylign.methods.vcb import VCB
from raylign.methods.xpo import XPO

__all__ = [
    "CODPO",
    "CRPG",
    "CRRAFT",
    "GRPO",
    "KINDS",
    "OAIF",
    "RLOO",
    "VCB",
    "XPO",
    "AnyMethod",
    "Lagrangian",
    "NashMD",
    "ReinforcePP",
]

OWN: tuple[type[Method], ...] = (CRPG, CODPO, CRRAFT, OAIF, GRPO, RLOO, ReinforcePP, Lagrangian, NashMD, XPO, VCB)
KINDS = extended(OWN, group="raylign.methods", bases=(Method,))
"""The library's own, and those that other distributions bring."""
if TYPE_CHECKING:
    AnyMethod: TypeAlias = Method
else:
    AnyMethod = Annotated[Union[KINDS], Field(discriminator="type")]  # noqa: UP007
