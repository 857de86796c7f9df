"""judge: who is asked about which responses, in which order, and what is heard of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from raylign.judges.judge import Judge, charging
from raylign.sources.canaries import Rider
from raylign.types import Completion, Prompt, Sighting
from raylign.verdicts import Verdict, hear, satisfies, spared
from raylign.workers import Judges

Turn = tuple[Judge, ...]
"""Judges of one response that are asked together."""
Line = list[tuple[Rider | None, tuple[Prompt, Completion, Turn]]]
"""Of a row, what is asked about it and its riders, and which of them it is about; None: about the row itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A response, and whom its prompt has as judges."""

    prompt: Prompt
    completion: Completion
    judges: Sequence[Judge]
    sparing: bool = False
    """Whether those that ask a model are spared once one that does not is violated."""
    riders: tuple[Rider, ...] = ()
    """Canaries that their judges are asked about beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was said of a row."""

    verdicts: tuple[Verdict, ...]
    """One of each of its judges."""
    sightings: tuple[Sighting, ...]
    """Of each of its riders."""


async def heard(judges: Judges, rows: Sequence[Row]) -> list[Heard]:
    """What is said of each row, and of its riders.

    Of a sparing row, programs are asked first, and who asks a model only where none of them is violated. So who is
    asked follows from verdicts alone, whatever arrives when.
    """
    turns = [_turns(row) for row in rows]
    said = await _ask(judges, [_line(row, first, riding=first) for row, (first, _) in zip(rows, turns, strict=True)])
    left = [() if _decided(first, words) else later for (first, later), (words, _) in zip(turns, said, strict=True)]
    more = await _ask(
        judges, [_line(row, rest, riding=later) for row, rest, (_, later) in zip(rows, left, turns, strict=True)]
    )
    return [
        Heard(verdicts=_heard(row, (*words, *others), spare=() if rest else later), sightings=(*seen, *also))
        for row, (_, later), rest, (words, seen), (others, also) in zip(rows, turns, left, said, more, strict=True)
    ]


def _turns(row: Row) -> tuple[Turn, Turn]:
    """Who is asked first, and who may be spared."""
    if row.sparing:
        programs = tuple(judge for judge in row.judges if not judge.asks())
        if programs:
            return programs, tuple(judge for judge in row.judges if judge.asks())
    return tuple(row.judges), ()


def _decided(asked: Turn, words: Sequence[Verdict]) -> bool:
    labels = (judge.label for judge in asked)
    return satisfies(hear(labels, words, charging=charging(asked))) is False


def _line(row: Row, turn: Turn, *, riding: Turn) -> Line:
    """What is asked about a row in a turn. ``riding``: whose riders come with it, whoever is spared."""
    labels = {judge.label for judge in riding}
    riders = [
        (rider, (rider.prompt, rider.completion, (rider.judge,))) for rider in row.riders if rider.judge.label in labels
    ]
    own = [(None, (row.prompt, row.completion, turn))] if turn else []
    return [*(one for one in riders if one[0].ahead), *own, *(one for one in riders if not one[0].ahead)]


async def _ask(judges: Judges, lines: Sequence[Line]) -> list[tuple[tuple[Verdict, ...], tuple[Sighting, ...]]]:
    """What is said of each row, and of its riders."""
    questions = [question for line in lines for _, question in line]
    said = iter(await judges.judge(questions) if questions else ())
    found = []
    for line in lines:
        words: tuple[Verdict, ...] = ()
        seen = []
        for rider, _ in line:
            if rider is None:
                words = next(said)
            else:
                seen.append(rider.sighted(next(said)))
        found.append((words, tuple(seen)))
    return found


def _heard(row: Row, words: Sequence[Verdict], *, spare: Turn) -> tuple[Verdict, ...]:
    unneeded = (spared(judge.label) for judge in spare)
    return hear((judge.label for judge in row.judges), (*words, *unneeded), charging=charging(row.judges))
