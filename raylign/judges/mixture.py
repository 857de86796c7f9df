"""The mixture of judges (CGPO, section 6): which judges a prompt has, and the law that each of them is heard."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from raylign.judges.reasons import NOT_ASKED
from raylign.spec.judges import JudgeBase
from raylign.types import Verdict


def applies(spec: JudgeBase, metadata: Mapping[str, Any]) -> bool:
    """Whether the judge is asked about a prompt: its metadata hold every value of ``when``, null included."""
    return all(key in metadata and metadata[key] == value for key, value in spec.when.items())


def hear(judges: Sequence[JudgeBase], metadata: Mapping[str, Any], said: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Exactly one verdict of every judge that applies, in the task's order.

    A judge without a word in ``said`` abstains: nothing satisfies a judge that nobody asked.
    """
    words = {verdict.judge: verdict for verdict in said}
    return tuple(
        words.get(spec.label) or Verdict(judge=spec.label, satisfied=None, reason=NOT_ASKED)
        for spec in judges
        if applies(spec, metadata)
    )
