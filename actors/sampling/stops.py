"""Stop strings: where a response ends that spells one, and what of it is text.

All tokens stay, those that spell it too: they were sampled, and it is they that are trained on, with the log-probs that
they were sampled with. Where sampling stops follows from the tokens, so no distribution is another for it. The text
that judges, rewards and people read ends before it.
"""

from collections.abc import Iterable


def spelled(text: str, stop: Iterable[str]) -> bool:
    """Whether there is one of them in what a response says so far."""
    return any(one in text for one in stop)


def cut(text: str, stop: Iterable[str]) -> str:
    """What stands before the first that comes to its end; all of it where there is none."""
    ends = [(at + len(one), at) for one in stop if (at := text.find(one)) >= 0]
    return text[: min(ends)[1]] if ends else text
