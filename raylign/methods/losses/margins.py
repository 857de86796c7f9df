"""DPO's loss of other margins. Equations: `raylign.losses.margins`."""

from typing import Annotated, Literal

from pydantic import Field

from raylign.methods.losses.loss import Beta, PairLoss


class MinorDPO(PairLoss):
    """DPO that leaves a rejected response be once it is unlikelier than under the reference."""

    stands_at = "margins:MinorDPO"
    type: Literal["minor_dpo"] = "minor_dpo"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""


class MODPO(PairLoss):
    """DPO of several objectives: each row's ``margin`` is what the others say of its pair."""

    stands_at = "margins:MODPO"
    reads_margin = True
    type: Literal["modpo"] = "modpo"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
    own_weight: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Weight of the objective that the pairs were labelled by; the others' have the rest."""
