"""What a loss of pairs is as a job names it: settings, whose defaults are its paper's. No tensors here."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from raylign import bounds
from raylign.methods.selection import Scores, Selection, Term
from raylign.objective import Objective
from raylign.settings import Spec
from raylign.types import Group

Beta = Annotated[float, Field(gt=0, le=bounds.FACTOR)]
Smoothing = Annotated[float, Field(ge=0, lt=0.5)]
Weight = Annotated[float, Field(ge=0, le=bounds.FACTOR)]


class PairLoss(Spec):
    """A loss of (chosen, rejected) pairs. Its fields but ``type`` are those of the class that computes it."""

    stands_at: ClassVar[str]
    """Where that class is, in `raylign.losses`: ``pairwise:DPO``."""
    needs_reference: ClassVar[bool] = True
    """Whether the reference's log-probs are part of it."""
    by_token: ClassVar[bool] = False
    """Whether it compares what responses have by token, not as a whole."""
    reads_margin: ClassVar[bool] = False
    """Whether it is told each pair's ``margin``, as the coefficient."""
    reads_present: ClassVar[bool] = False
    """Whether it compares what the present weights make of all of a step's pairs."""
    type: str
    beta: Beta
    """What the difference of the responses counts, or the pull to the reference."""

    @property
    def objective(self) -> Objective:
        """Of a method that takes it."""
        return Objective(loss=f"raylign.losses.{self.stands_at}", settings=self.model_dump(exclude={"type"}))

    def terms(self, selection: Selection, scores: Scores) -> list[Term]:
        """Of (chosen, rejected) pairs, with the constants that it reads."""
        return [
            Term(group=group, samples=samples, coefficient=self.constant(group) or 0.0)
            for group, samples in selection.chosen
        ]

    def constant(self, group: Group) -> float | None:
        """A term's coefficient: the ``margin`` of its pair's row, where the loss reads it; None where there is none."""
        if not self.reads_margin:
            return 1.0
        margin: Any = group.prompt.metadata.get("margin")
        number = isinstance(margin, int | float) and not isinstance(margin, bool) and abs(margin) <= bounds.FACTOR
        return float(margin) if number else None
