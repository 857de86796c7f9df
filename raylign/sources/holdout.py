"""Which prompts are held out for the evaluation: a function of what they say, whoever asks, in whatever order.

So prompts that say the same are on one side, a file that grows keeps its sides, and all seeds share them.
"""

import hashlib
from array import array
from collections.abc import Mapping
from typing import Any

WHOLE = 2**64


def lot(row: Mapping[str, Any]) -> int:
    """0 .. 2^64 - 1, by what the prompt says; case and spaces do not count."""
    said = row["prompt"] if "prompt" in row else "\n".join(turn["content"] for turn in row["messages"])
    if not said.isprintable() or "  " in said or said != said.strip():  # else it is spaced as it will be
        said = " ".join(said.split())
    digest = hashlib.blake2b(said.casefold().encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def below(share: float, *, lowest: int) -> int:
    """Prompts with a lot below it are held out, at least the one with the lowest."""
    return max(round(share * WHOLE), lowest + 1)


def sides(lots: "array[int]", share: float, *, least: int) -> tuple["array[int]", "array[int]"]:
    """Places of the prompts to train on, and of those held out: those whose lot is in the lowest ``share``, at least
    the lowest one. None where fewer than ``least`` would be left."""
    everything = array("Q", range(len(lots)))
    if not lots or share == 0:
        return everything, array("Q")
    bound = below(share, lowest=min(lots))
    trained = array("Q", (place for place, drawn in enumerate(lots) if drawn >= bound))
    if len(trained) < max(least, 1):
        return everything, array("Q")
    return trained, array("Q", (place for place, drawn in enumerate(lots) if drawn < bound))
