"""Losses: equations, a family a file, as pure functions of tensors and as classes of settings that methods name."""

from pkgutil import resolve_name

from raylign.losses.correction import Corrected
from raylign.losses.learned import LearnedLoss
from raylign.losses.loss import Loss, LossFunction, Mean, mean
from raylign.losses.terms import Terms
from raylign.objective import Objective

__all__ = ["Loss", "LossFunction", "Mean", "Terms", "build", "mean"]


def build(objective: Objective, *, max_correction: float) -> LossFunction:
    """What computes ``objective``. ``max_correction`` caps the ratio that corrects stale samples, where it does."""
    loss: LossFunction = resolve_name(objective.loss)(**objective.settings)
    assert isinstance(loss, LearnedLoss) == objective.learned, objective.loss
    return Corrected(loss=loss, maximum=max_correction) if objective.corrects_stale else loss
