"""judge: who is asked about which responses, in which order, and what is heard of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from raylign.judges.judge import Judge, charging
from raylign.types import Completion, Prompt
from raylign.verdicts import Verdict, hear, satisfies, spared
from raylign.workers import Judges

Turn = tuple[Judge, ...]
"""Judges of one response that are asked together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A response, and whom its prompt has as judges."""

    prompt: Prompt
    completion: Completion
    judges: Sequence[Judge]
    sparing: bool = False
    """Whether those that ask a model are spared once one that does not is violated."""


async def heard(judges: Judges, rows: Sequence[Row]) -> list[tuple[Verdict, ...]]:
    """For each row, one verdict of each of its judges.

    Of a sparing row, programs are asked first, and who asks a model only where none of them is violated. So who is
    asked follows from verdicts alone, whatever arrives when.
    """
    turns = [_turns(row) for row in rows]
    said = await _ask(judges, rows, [first for first, _ in turns])
    left = [() if _decided(first, words) else later for (first, later), words in zip(turns, said, strict=True)]
    more = await _ask(judges, rows, left)
    return [
        _heard(row, (*words, *others), spare=() if rest else later)
        for row, (_, later), rest, words, others in zip(rows, turns, left, said, more, strict=True)
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


async def _ask(judges: Judges, rows: Sequence[Row], turns: Sequence[Turn]) -> list[tuple[Verdict, ...]]:
    """What those whose turn it is say of each row."""
    asked = [(row.prompt, row.completion, turn) for row, turn in zip(rows, turns, strict=True) if turn]
    words = iter(await judges.judge(asked) if asked else ())
    return [next(words) if turn else () for turn in turns]


def _heard(row: Row, words: Sequence[Verdict], *, spare: Turn) -> tuple[Verdict, ...]:
    unneeded = (spared(judge.label) for judge in spare)
    return hear((judge.label for judge in row.judges), (*words, *unneeded), charging=charging(row.judges))
