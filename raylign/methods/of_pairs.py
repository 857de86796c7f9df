"""What methods of (better, worse) pairs share: their loss is one of `raylign.methods.losses`, as a job names it."""

from statistics import fmean
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from raylign import bounds
from raylign.methods.losses import AnyPairLoss
from raylign.methods.method import Method
from raylign.methods.selection import Chosen, Scores, Selection, Term
from raylign.objective import Objective
from raylign.types import Sample


class OfPairs(Method):
    """A loss of pairs. Whoever selects them puts the better response first."""

    beta: float | None = Field(default=None, gt=0, le=bounds.FACTOR)
    """The loss's beta, where ``loss`` is a name alone; the loss's own default where absent."""
    loss: AnyPairLoss = Field(default="dpo", validate_default=True)
    """Which loss of pairs: its name, or a mapping of its ``type`` and its settings."""

    @property
    def objective(self) -> Objective:
        return self.loss.objective

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Pairs as they are: the loss holds the policy to the reference, where it does."""
        return Chosen(terms=self.loss.terms(selection, scores))

    def examine(self, selection: Selection, policy: Scores, reference: Scores) -> dict[str, float]:
        """``margin``, by how much the chosen response has more than the rejected one, and ``accuracy``, the share of
        pairs in which it does: of log-ratios, or log-probs where the loss has no reference, by token where it compares
        those; mean nats."""

        def had(sample: Sample) -> float:
            key = sample.completion.key
            total = sum(policy[key]) - (sum(reference[key]) if self.loss.needs_reference else 0.0)
            return total / len(policy[key]) if self.loss.by_token else total

        margins = [had(better) - had(worse) for _, (better, worse) in selection.chosen]
        if not margins:
            return {}
        return {"margin": fmean(margins), "accuracy": fmean(margin > 0 for margin in margins)}

    def moves(self, term: Term) -> bool:
        """Always: a pair's constant is no factor of its loss."""
        return True

    @field_validator("loss", mode="before")
    @classmethod
    def _with_beta(cls, loss: Any, info: ValidationInfo) -> Any:
        beta = info.data.get("beta")
        return {"type": loss, "beta": beta} if isinstance(loss, str) and beta is not None else loss

    @model_validator(mode="after")
    def _one_beta(self) -> Self:
        if self.beta not in (None, self.loss.beta):
            raise ValueError(f"`beta` is {self.beta:g} and the loss's own {self.loss.beta:g}: say it in `loss` alone")
        return self
