"""Anchor preference pairs of scored explanations: Villa-Arenas et al. (arXiv 2410.13216), section 3.

A prompt has N sampled answers, each right or wrong, whose explanations a judge scored. Its class decides the pair:

    consistently correct     all are right    the highest score              over the lowest, or any lower one
    variable                 some are right   the best-scoring right one     over a wrong one that scores below it
    consistently incorrect   none is right    a consultant's answer          over any of the samples

The consultant is the model itself, shown the right choice and asked to argue for it. The printed Algorithm 1 asks "some
wrong" before "all wrong", and so never comes to the third class: here all right is asked first, then any right.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["correct", "variable", "incorrect", "rank"]
Loser = Literal["lowest", "any"]
"""Of a consistently correct prompt: the algorithm's, or the text's (any that scores below the highest)."""
CHOICE = re.compile(r"<choice>([^<]*)</choice>", re.IGNORECASE)
EXPLANATION = re.compile(r"<explanation>(.*?)</explanation>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A sampled answer."""

    text: str
    right: bool
    score: float
    """Of its explanation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is to be learned from a prompt."""

    kind: Kind
    chosen: str
    rejected: str


Draw = Callable[[Sequence[Scored], str | None, random.Random], Pair | str]
"""A pair of a prompt's samples and its consultant's answer, or why there is none. Ties are drawn."""


def anchored(loser: Loser = "lowest") -> Draw:
    """By the prompt's class."""

    def draw(samples: Sequence[Scored], consultant: str | None, rng: random.Random) -> Pair | str:
        if not samples:
            return "no samples"
        right = [one for one in samples if one.right]
        if not right:
            if consultant is None:
                return "no consultant"
            return Pair(kind="incorrect", chosen=consultant, rejected=rng.choice(samples).text)
        winner = _best(right, rng)
        if len(right) < len(samples):
            kind: Kind = "variable"
            below = [one for one in samples if not one.right and one.score < winner.score]
        else:
            kind, below = "correct", [one for one in samples if one.score < winner.score]
            if loser == "lowest" and below:
                lowest = min(one.score for one in below)
                below = [one for one in below if one.score == lowest]
        return Pair(kind=kind, chosen=winner.text, rejected=rng.choice(below).text) if below else f"{kind}: no loser"

    return draw


def ranked(samples: Sequence[Scored], consultant: str | None, rng: random.Random) -> Pair | str:
    """The baseline: the highest score over a random other, whoever is right."""
    if len(samples) < 2:
        return "no samples" if not samples else "rank: no loser"
    winner = _best(samples, rng)
    loser = rng.choice([one for one in samples if one is not winner])
    if loser.score == winner.score:
        return "rank: tie"
    return Pair(kind="rank", chosen=winner.text, rejected=loser.text)


def choice_of(answer: str) -> str | None:
    """What stands between the one pair of ``<choice>`` tags; None where there is none, or another."""
    found = CHOICE.findall(answer)
    return found[0].strip() if len(found) == 1 and found[0].strip() else None


def argued(explanation: str, gold: str) -> str:
    """A consultant's explanation in the task's own form: the policy is to learn substance, not that form.

    ``explanation``: bare, or in tags, of which only what stands within is kept.
    """
    inner = EXPLANATION.search(explanation)
    text = (inner[1] if inner else CHOICE.sub("", explanation)).strip()
    return f"<explanation>{text}</explanation><choice>{gold}</choice>"


def _best(samples: Sequence[Scored], rng: random.Random) -> Scored:
    highest = max(one.score for one in samples)
    return rng.choice([one for one in samples if one.score == highest])
