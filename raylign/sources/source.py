"""Where a step's groups come from, whoever makes them."""

from typing import Protocol

from raylign.clock import Clock
from raylign.types import Group


class Source(Protocol):
    """What the loop asks for the groups of each step."""

    @property
    def rolls_out(self) -> bool:
        """Whether the policy's present weights make them: these must then be published after every step."""
        ...

    async def groups(self, step: int, clock: Clock) -> list[Group]:
        """The groups of all tasks for ``step``; which prompts they answer is a function of the job and the step alone.

        Asked for once a step, in order, from wherever the run begins. ``clock`` takes in where the seconds went. Raises
        what its workers raise.
        """
        ...

    async def aclose(self) -> None:
        """End what was begun for steps that will not come."""
        ...
