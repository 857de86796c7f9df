"""Stop strings: where a response ends that spells one, and what of it is text.

All tokens stay, those that spell it too: they were sampled, and it is they that are trained on, with the log-probs that
they were sampled with. Where sampling stops follows from the tokens, so no distribution is another for it. The text
that judges, rewards and people read ends before it.
"""

from collections.abc import Iterable


def spelled(text: str, stop: Iterable[str], *, after: int = 0) -> bool:
    """Whether a response says one of them, complete after its first ``after`` characters."""
    return bool(_ends(text, stop, after))


def cut(text: str, stop: Iterable[str], *, after: int = 0) -> str:
    """What stands before the first that is complete after so many characters; all of it where there is none."""
    ends = _ends(text, stop, after)
    return text[: min(ends)[1]] if ends else text


def _ends(text: str, stop: Iterable[str], after: int) -> list[tuple[int, int]]:
    """Where each of them ends first, and begins."""
    found = ((text.find(one, max(0, after - len(one) + 1)), len(one)) for one in stop)
    return [(at + length, at) for at, length in found if at >= 0]
