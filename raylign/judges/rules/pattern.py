"""Regular expressions that a job may hold."""

import re
from typing import Annotated

from pydantic import AfterValidator

from raylign import bounds


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    # Repetitions beyond any count, and groups nested beyond the stack.
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern[:60]!r} is not a regular expression: {error}") from None
    return pattern


def _has_group(pattern: str) -> str:
    if re.compile(pattern).groups == 0:
        raise ValueError(f"pattern {pattern[:60]!r} has no group: put the answer's part in parentheses")
    return pattern


Pattern = Annotated[bounds.Pattern, AfterValidator(_compiles)]
"""A Python regular expression."""
Grouped = Annotated[Pattern, AfterValidator(_has_group)]
"""One with a group."""
