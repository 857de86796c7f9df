"""Direct alignment: a loss on (better, worse) pairs that are there already, and on nothing else.

Whoever makes the groups says which of two responses is the better one: it stands first.
"""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from raylign.methods.losses import PairLoss
from raylign.methods.method import Needs
from raylign.methods.of_pairs import OfPairs
from raylign.methods.selection import Selection, sound
from raylign.types import Group


class Direct(OfPairs):
    """A direct-alignment loss on the pairs of a file."""

    type: Literal["direct"] = "direct"

    @property
    def needs(self) -> Needs:
        return Needs(compares="two", reference=self.loss.needs_reference, present=self.loss.reads_present)

    def select(self, groups: Sequence[Group]) -> Selection:
        """Every pair of two responses that differ and say something, of which is known what the loss reads."""
        return sound(groups, partial(_problem, loss=self.loss))


def _problem(group: Group, loss: PairLoss) -> str:
    """Why the loss has nothing to say of it."""
    responses = [sample.completion for sample in group.samples]
    if len(responses) < 2:
        return "no rejected response"
    if not all(response.text.strip() for response in responses):
        return "empty response"
    better, worse = responses
    if better.token_ids == worse.token_ids:
        return "identical"
    return "no margin" if loss.constant(group) is None else ""
