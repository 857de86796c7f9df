"""Bradley-Terry: a reward model learns from comparisons.

The chance that y+ is preferred to y- is ``sigmoid(r(x,y+) - r(x,y-))`` (Ouyang et al. 2022, arXiv 2203.02155, eq. 1).
The model gives one number for a conversation; a row's ``margin`` says how much better its chosen response is.
"""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any, Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, sound
from raylign.objective import Objective
from raylign.types import Group

BINS = 10
"""Of confidence, between a half and 1."""


class BradleyTerry(Method):
    """The likelihood of the comparisons of a file."""

    type: Literal["bradley_terry"] = "bradley_terry"
    center: float = Field(default=0.01, ge=0, le=bounds.FACTOR)
    """Pull of a pair's two rewards to a sum of 0, ``center * (r+ + r-)^2``: comparisons alone leave them free up to a
    constant. 0: none."""

    @property
    def needs(self) -> Needs:
        return Needs(compares="two", reference=False)

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.bradley_terry:BradleyTerry", settings={"center": self.center})

    def select(self, groups: Sequence[Group]) -> Selection:
        """Every comparison of two responses that differ, say something, and can be read whole."""
        return sound(groups, _problem)

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """Comparisons as they are, each with its margin."""
        return Chosen(
            terms=[
                Term(group=group, samples=samples, coefficient=_margin(group)) for group, samples in selection.chosen
            ]
        )

    def moves(self, term: Term) -> bool:
        """Every comparison does; its constant is a margin."""
        return True

    def examine(self, selection: Selection, policy: Scores, reference: Scores) -> dict[str, float]:
        """``loss`` of the comparisons without margins, nats; ``accuracy``; ``difference``, mean ``r+ - r-``; and
        ``calibration``, by how much the chances that the model gives miss the shares that come true."""
        rewards = [[policy[one.completion.key][0] for one in samples] for _, samples in selection.chosen]
        differences = [better - worse for better, worse in rewards]
        if not differences:
            return {}
        return {
            "loss": fmean(_surprise(difference) for difference in differences),
            "accuracy": fmean(float(difference > 0) for difference in differences),
            "difference": fmean(differences),
            "calibration": calibration_error(differences),
        }


def calibration_error(differences: Sequence[float]) -> float:
    """Expected calibration error (Guo et al. 2017, arXiv 1706.04599, eq. 3) of ``sigmoid(r+ - r-)``, in `BINS` bins.

    The model's word on a pair is the response with the higher reward, its confidence ``sigmoid(|r+ - r-|)``.
    """
    gaps = [0.0] * BINS
    for difference in differences:
        confidence = math.exp(-_surprise(abs(difference)))
        at = min(int((2 * confidence - 1) * BINS), BINS - 1)
        gaps[at] += confidence - float(difference > 0)
    return sum(map(abs, gaps)) / len(differences)


def _surprise(difference: float) -> float:
    """``-log sigmoid``, of any number."""
    return math.log1p(math.exp(-abs(difference))) + max(-difference, 0.0)


def _problem(group: Group) -> str:
    """Why it is no comparison."""
    responses = [sample.completion for sample in group.samples]
    if len(responses) < 2:
        return "no rejected response"
    if not all(response.text.strip() for response in responses):
        return "empty response"
    if not all(response.token_ids for response in responses):
        return "unreadable"
    if any(response.finish == "length" for response in responses):
        return "too long"
    better, worse = responses
    if better.token_ids == worse.token_ids:
        return "identical"
    return "" if math.isfinite(_margin(group)) else "margin is no number"


def _margin(group: Group) -> float:
    """The row's; 0 where it has none, nan where it is no number."""
    margin: Any = group.prompt.metadata.get("margin")
    if margin is None:
        return 0.0
    return float(margin) if isinstance(margin, int | float) and not isinstance(margin, bool) else math.nan
