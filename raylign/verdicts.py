"""What judges say of a response, and the law of it (CGPO, section 6 and Algorithm 1).

1. Every judge of a task that applies to a prompt gives exactly one verdict (`hear`). One that is missing abstains:
   nothing satisfies a judge that nobody asked.
2. What a response brought about is a violation, for a policy would learn to bring it about: who is undecided is not
   trained on, and so never pushed down. An abstention is for what the judge itself could not do (`failed`).
3. A job may have a judge's abstentions charged to the response: they count as violations, and stay told apart. What
   nobody asked is charged to nobody (`hear`).
4. A response satisfies its task when it satisfies every judge: one violation decides, else one abstention leaves it
   open (`satisfies`).
5. Where one has decided and nobody reads the others, they need not be asked. That is no failing of theirs (`spared`).
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from math import ceil
from statistics import fmean

TIMEOUT = "timeout"
TOO_DEEP = "too deep"
TOO_LONG = "too long"
CRASHED = "crashed"
NOT_ASKED = "not asked"
NOT_NEEDED = "not needed"
"""Neither's doing: another judge had decided, and this one was not asked."""
LONGEST_REASON = 200
"""Characters of one, where it is counted."""

THE_RESPONSE = {
    TIMEOUT: "a rule did not come to an end of it: a pattern without end, a number nobody can compute",
    TOO_DEEP: "it is nested deeper than a rule can follow",
    TOO_LONG: "with its conversation it is beyond the context of the reward model or LLM judge",
}
"""Whose doing it is that a judge or reward model came to no end: these are violations."""

THE_JUDGE = {
    CRASHED: "its process died",
    NOT_ASKED: "it applies, and nobody asked it",
    "error: ...": "it failed, in the way that is named",
    "no answer": "an LLM judge put too little probability on its two answers",
    "rubric: ...": "what a model wrote is not in the rubric's form, in the way that is named",
    "endpoint: ...": "a service on the network gave no answer in the form, in the way that is named",
    "control token": "the conversation cannot be shown to the model without a control token of its own in the text",
}
"""And these abstentions: the sample is counted by reason and not trained on."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a judge says. ``satisfied is None``: it abstains, for ``reason``."""

    satisfied: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one judge says of one response. ``satisfied is None`` is an abstention: the judge could not tell."""

    judge: str
    satisfied: bool | None
    reason: str = ""
    """Abstentions are counted by it, so it is short and of few kinds: ``"timeout"``, ``"crashed"``, ``"no answer"``."""
    seconds: float = 0.0
    charged: bool = False
    """Whether it is an abstention that counts as a violation, for the job has it so."""

    @property
    def word(self) -> bool | None:
        """What the judge itself said: None where it abstained, whatever that counts as."""
        return None if self.charged else self.satisfied


SATISFIED = Ruling(True)


def violated(reason: str) -> Ruling:
    return Ruling(False, reason)


def abstained(reason: str) -> Ruling:
    return Ruling(None, reason)


def failed(reason: str) -> Ruling:
    """Of a judge that came to no end, by whose doing that was."""
    return violated(reason) if reason in THE_RESPONSE else abstained(reason)


def signed(ruling: Ruling, judge: str, *, seconds: float = 0.0) -> Verdict:
    """The verdict of the judge of that label."""
    return Verdict(judge=judge, satisfied=ruling.satisfied, reason=ruling.reason, seconds=seconds)


def spared(judge: str) -> Verdict:
    """Of the judge of that label, where another's word had decided."""
    return signed(abstained(NOT_NEEDED), judge)


def hear(labels: Iterable[str], said: Iterable[Verdict] = (), *, charging: Container[str] = ()) -> tuple[Verdict, ...]:
    """Exactly one verdict of each judge of ``labels``, in their order; no word of anyone else counts.

    ``charging``: labels of those whose abstentions are charged to the response.

    Of a judge that speaks more than once, a violation counts first and an abstention second: it satisfies only where
    all that it said does.
    """
    words: dict[str, Verdict] = {}
    for verdict in said:
        before = words.get(verdict.judge)
        if before is None or _RANK[verdict.satisfied] < _RANK[before.satisfied]:
            words[verdict.judge] = verdict
    heard = (words.get(label) or signed(abstained(NOT_ASKED), label) for label in labels)
    return tuple(_charged(verdict) if verdict.judge in charging else verdict for verdict in heard)


def _charged(verdict: Verdict) -> Verdict:
    if verdict.satisfied is not None or verdict.reason in (NOT_ASKED, NOT_NEEDED):
        return verdict
    return replace(verdict, satisfied=False, charged=True)


_RANK = {False: 0, None: 1, True: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds for one verdict; None where nobody was asked."""

    mean_s: float | None
    p95_s: float | None
    """What 95 in 100 took at most."""


def latency(said: Iterable[Verdict]) -> Latency:
    """Of those who were asked."""
    seconds = sorted(verdict.seconds for verdict in said if verdict.reason not in (NOT_ASKED, NOT_NEEDED))
    if not seconds:
        return Latency(mean_s=None, p95_s=None)
    return Latency(mean_s=fmean(seconds), p95_s=seconds[ceil(0.95 * len(seconds)) - 1])


def satisfies(verdicts: Iterable[Verdict], *, reward_problem: str = "") -> bool | None:
    """AND over the judges. One violation decides; else one abstention makes it None. Of no judge at all: True.

    ``reward_problem``: why the reward model gave no reward. Where that is the response's doing it is a violation too:
    whoever answers at length must not escape its reward.
    """
    answers = {verdict.satisfied for verdict in verdicts}
    if False in answers or reward_problem in THE_RESPONSE:
        return False
    return None if None in answers else True
