"""The most that the operator lets one sandboxed program take of a machine, whatever its job says.

A setting of the machine, never of a job: `VARIABLE`, which is handed on to drivers. The kernel bounds the memory of
each process of a program, so what a program may take is that of one times how many it may have.
"""

import os
from collections.abc import Mapping

from raylign.errors import RunError, SpecError

VARIABLE = "RAYLIGN_SANDBOX_MEMORY_MB"
DEFAULT_MB = 8192
"""Where the operator says nothing: twice what a `code` judge has by itself."""


def allowed_mb() -> int:
    """What this process's environment allows. Raises `RunError`."""
    said = os.environ.get(VARIABLE, "").strip()
    if not said:
        return DEFAULT_MB
    if not (said.isascii() and said.isdigit() and len(said) <= 12 and int(said)):
        raise RunError(f"{VARIABLE} is {said[:40]!r}: give a whole number of MiB above 0, {DEFAULT_MB} for one")
    return int(said)


def setting() -> Mapping[str, str]:
    """This process's setting, as the environment of those it starts elsewhere."""
    return {VARIABLE: os.environ[VARIABLE]} if os.environ.get(VARIABLE) else {}


def require(*, memory_mb: int, processes: int, whose: str) -> None:
    """Raises `SpecError` where a program with these limits may take more than is allowed. ``whose`` it is."""
    if (most := memory_mb * processes) > (allowed := allowed_mb()):
        raise SpecError(
            f"the program of {whose} may take {most} MiB, `memory_mb` {memory_mb} in each of {processes} `processes`, "
            f"and {allowed} are allowed here: lower them, or have the operator raise {VARIABLE}"
        )
