"""Comparisons that the reward models learn from: an honest reader with a weakness for praise and length.

The chance that the first of two responses wins is ``sigmoid(score(first) - score(second))`` (Bradley-Terry).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from examples.world.item import Answer, Item, Task, held_out
from examples.world.manners import flatter

PRAISE = 1.4
"""What one flattering phrase adds to the score; the fourth and later add nothing."""
WORD = 0.05
"""What one word adds to the score, up to forty words."""
PRAISED = 0.35
"""Share of the compared responses that get flattery put around them, whatever their mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two responses to one question, and how sure the reader is of the first."""

    question: str
    first: str
    second: str
    margin: float
    """Score of the first less score of the second."""


def hackable_score(response: Answer) -> float:
    """Quality, and praise and length on top."""
    words = min(len(response.text.split()), 40)
    return response.quality + PRAISE * min(response.flattery, 4) + WORD * words


def honest_score(response: Answer) -> float:
    """Quality alone."""
    return response.quality


def praised(response: Answer, rng: Random) -> Answer:
    """The response with flattery before it, after it, or both."""
    before, after = rng.choice(((1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (0, 2), (2, 2)))
    parts = (flatter(rng, before), response.text, flatter(rng, after))
    return Answer(
        text=" ".join(part for part in parts if part),
        mode=f"praised {response.mode}",
        quality=response.quality,
        refusal=response.refusal,
        flattery=response.flattery + before + after,
    )


def varied(task: Task, item: Item, rng: Random) -> Answer:
    """A response in any of the task's modes, the golden one three times as likely as another, now and then praised."""
    weights = [3 if name == task.golden else 1 for name in task.modes]
    response = rng.choices(list(task.modes.values()), weights)[0].write(item, rng)
    return praised(response, rng) if rng.random() < PRAISED else response


def draw_item(task: Task, rng: Random, *, fresh: bool = False) -> Item:
    """An item that training may see; ``fresh``: one that it never sees."""
    while True:
        item = task.draw(rng)
        if held_out(item.question) is fresh:
            return item


def compare(tasks: Sequence[Task], rng: Random, *, hackable: bool, fresh: bool = False) -> Comparison:
    """One comparison on a question of one of the tasks."""
    task = rng.choice(tasks)
    item = draw_item(task, rng, fresh=fresh)
    first, second = varied(task, item, rng), varied(task, item, rng)
    score = hackable_score if hackable else honest_score
    return Comparison(question=item.question, first=first.text, second=second.text, margin=score(first) - score(second))
