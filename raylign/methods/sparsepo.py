"""SparsePO and MaPO: Christopoulou et al., "SparsePO: Controlling Preference Alignment of LLMs via Sparse Token Masks"
(arXiv 2410.05102).

TDPO's two terms of every token, its log-ratio and its KL, each times a mask made of the reference's activations: one
that is learned beside the policy and pressed towards zero (SparsePO), or read off them (MaPO). The equations stand in
`raylign/losses/sparsepo.py`, the masks in `raylign/losses/masks.py`.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.tdpo import TokenLevel
from raylign.objective import Objective

WEIGHED = {"mask": "the log-ratios", "kl_mask": "the KL"}
"""By the name of a mask's mean among what is measured."""


class MaPO(TokenLevel):
    """Preference optimisation under masks of the reference's activations (arXiv 2410.05102)."""

    type: Literal["mapo"] = "mapo"

    @property
    def objective(self) -> Objective:
        return Objective(
            loss="raylign.losses.sparsepo:MaPO",
            settings={"beta": self.beta},
            reads=frozenset({"divergence", "maps"}),
        )


class SparsePO(TokenLevel):
    """Preference optimisation under learned sparse masks (arXiv 2410.05102)."""

    type: Literal["sparsepo"] = "sparsepo"
    mask: Literal["common", "independent"] = "common"
    """One mask for log-ratio and KL, or one each."""
    l1_ratio: float = Field(default=1e-3, ge=0, le=bounds.FACTOR)
    """``l1_u``: what each token's mask of its log-ratio costs. With a common mask half of it."""
    l1_kl: float = Field(default=1e-3, ge=0, le=bounds.FACTOR)
    """``l1_d``: the same of its KL."""
    mask_weight_decay: float = Field(default=0.01, ge=0, le=bounds.FACTOR)
    """AdamW's, of the masks' weights. They are trained at the policy's learning rate."""

    @property
    def objective(self) -> Objective:
        return Objective(
            loss="raylign.losses.sparsepo:SparsePO",
            settings={
                "beta": self.beta,
                "mask": self.mask,
                "l1_ratio": self.l1_ratio,
                "l1_kl": self.l1_kl,
                "weight_decay": self.mask_weight_decay,
            },
            reads=frozenset({"divergence", "states"}),
            learned=True,
        )

    def ailing(self, measured: Mapping[str, float]) -> str:
        void = [what for name, what in WEIGHED.items() if measured.get(name) == 0]
        if not void:
            return ""
        return (
            f"the masks of {' and of '.join(void)} are zero at every token of a step: nothing is learned of them, and "
            "such masks have no gradient to come back by; lower `l1_ratio` and `l1_kl`, or the learning rate, and "
            "begin again"
        )
