"""Canaries: responses whose verdict is known, slipped to a judge among those of the policy, to see when it errs."""

from pydantic import Field

from raylign import bounds
from raylign.settings import Spec


class Canaries(Spec):
    """Rows with known verdicts that a judge is asked about in training. Nothing is trained on them."""

    path: bounds.Data
    """A JSON Lines file of ``prompt`` (or ``messages``), ``response``, ``metadata`` and ``gold``: whether the response
    satisfies, true or false."""
    rate: float = Field(default=0.02, gt=0, le=0.5)
    """Canaries for each response of the policy that the judge applies to."""
    min_agreement: float = Field(default=0.9, gt=0, le=1)
    """Share of the last canaries on which the judge must say what is known; below it, a warning is said."""
