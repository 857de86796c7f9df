"""The losses of pairs that a job may name, and how: ``simpo``, or ``{type: simpo, beta: 2.5, gamma: 1.4}``.

A class of settings each, in the family of its equation in `raylign.losses`, and a line here. docs/preferences.md has
them in a table.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

from pydantic import BeforeValidator, Field

from raylign.methods.losses.anchored import BCO, NCA, SPPO, APODown, APOZero
from raylign.methods.losses.divergence import Alpha, ForwardKL, JensenShannon
from raylign.methods.losses.loss import PairLoss
from raylign.methods.losses.margins import MODPO, MinorDPO
from raylign.methods.losses.noisy import EXO, Robust
from raylign.methods.losses.optimal_transport import AOT, AOTUnpaired
from raylign.methods.losses.pairwise import DPO, IPO, DiscoPOP, NormalizedDPO, NormalizedIPO, SLiC
from raylign.methods.losses.reference_free import CPO, ORPO, SimPO

__all__ = ["OWN", "AnyPairLoss", "PairLoss"]

OWN: tuple[type[PairLoss], ...] = (
    DPO,
    NormalizedDPO,
    IPO,
    NormalizedIPO,
    SLiC,
    DiscoPOP,
    Robust,
    EXO,
    SPPO,
    NCA,
    BCO,
    APOZero,
    APODown,
    MinorDPO,
    MODPO,
    ForwardKL,
    JensenShannon,
    Alpha,
    SimPO,
    CPO,
    ORPO,
    AOT,
    AOTUnpaired,
)
NAMED = {str(loss.model_fields["type"].default): loss for loss in OWN}


def _typed(document: Any) -> Any:
    """A name alone has its own settings. Raises `ValueError` where a loss is given another's."""
    if isinstance(document, str):
        return {"type": document}
    if isinstance(document, dict) and (loss := NAMED.get(str(document.get("type")))):
        for key in document.keys() - loss.model_fields.keys():
            if owners := [name for name, other in NAMED.items() if key in other.model_fields]:
                raise ValueError(f"{document['type']} has no `{key}`: it is a setting of {', '.join(owners)}")
    return document


if TYPE_CHECKING:
    AnyPairLoss: TypeAlias = PairLoss
else:
    _Tagged = Annotated[Union[OWN], Field(discriminator="type")]  # noqa: UP007
    AnyPairLoss = Annotated[_Tagged, BeforeValidator(_typed, json_schema_input_type=Literal[tuple(NAMED)] | _Tagged)]
