"""DPO and IPO on log-ratios divided by their response's length. Shapes: P pairs.

    h_bar = (log pi(y+)/ref(y+)) / |y+| - (log pi(y-)/ref(y-)) / |y-|

So a long response counts no more than a short one. Both measure h_bar (``margin``, nats a token).
"""

from dataclasses import dataclass

from torch import Tensor

from raylign.losses.pair import PairLoss
from raylign.losses.pairwise import dpo, ipo
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedDPO(PairLoss):
    """`dpo` of h_bar: length-normalized DPO, as in Tulu 3 (Lambert et al. 2024, arXiv 2411.15124), section 5."""

    beta: float
    label_smoothing: float = 0.0

    def margin(self, terms: Terms) -> Tensor:
        return normalized_margin(terms)

    def of(self, terms: Terms) -> Tensor:
        return dpo(self.margin(terms), beta=self.beta, label_smoothing=self.label_smoothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedIPO(PairLoss):
    """`ipo` of h_bar: what most public code calls IPO. The paper's sums over tokens."""

    beta: float

    def margin(self, terms: Terms) -> Tensor:
        return normalized_margin(terms)

    def of(self, terms: Terms) -> Tensor:
        return ipo(self.margin(terms), beta=self.beta)


def normalized_margin(terms: Terms) -> Tensor:
    """``h_bar`` of each pair."""
    chosen_P, rejected_P = (terms.log_ratio_UN / terms.length_UN).unbind(-1)
    return chosen_P - rejected_P
