"""What a loss of pairs is measured by."""

from dataclasses import dataclass

from loss_terms import make_terms
from torch import Tensor

from raylign.losses import Terms, mean
from raylign.losses.pair import MEASURES, PairLoss

# Log-ratios 1 and -1, then -1 and 0, then twice 0.
PAIRS = make_terms(
    [[[-1.0], [-3.0]], [[-2.0], [-2.0]], [[-1.0], [-1.0]]],
    reference=[[[-2.0], [-2.0]], [[-1.0], [-2.0]], [[-1.0], [-1.0]]],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(PairLoss):
    """The chosen response's log-prob, and nothing else."""

    measures = (*MEASURES, "raw")

    def of(self, terms: Terms) -> Tensor:
        return -terms.policy_UN[:, 0]

    def beside(self, terms):
        return {"raw": mean(terms.policy_UN)}


class Likelier(Chosen):
    """By log-probs, whatever the reference's."""

    def margin(self, terms: Terms) -> Tensor:
        return terms.policy_UN[:, 0] - terms.policy_UN[:, 1]


def figures(loss):
    return {name: [float(value) for value in of] for name, of in loss(PAIRS).metrics.items()}


def test_margin_and_accuracy_stand_beside_what_a_loss_measures_itself():
    assert Chosen()(PAIRS).per_unit_U.tolist() == [1.0, 2.0, 1.0]
    assert figures(Chosen()) == {"margin": [1.0, 3.0], "accuracy": [1.0, 3.0], "raw": [-10.0, 6.0]}
    assert tuple(figures(Chosen())) == Chosen().measures


def test_a_loss_may_have_a_margin_of_its_own():
    assert figures(Likelier())["margin"] == [2.0, 3.0]


def test_measuring_holds_no_graph():
    PAIRS.policy_UNT.requires_grad_(True)
    loss = Chosen()(PAIRS)
    PAIRS.policy_UNT.requires_grad_(False)
    assert loss.per_unit_U.requires_grad
    assert not any(value.requires_grad for of in loss.metrics.values() for value in of)
