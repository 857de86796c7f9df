"""Where prompts come from."""

from pydantic import Field

from raylign import bounds
from raylign.settings import Spec


class Prompts(Spec):
    """Where a task's prompts come from."""

    path: str = Field(min_length=1, max_length=bounds.PATH)
    """A JSON Lines file; each line has ``prompt`` or ``messages``, and may have ``baseline`` and ``metadata``."""
    limit: int | None = Field(default=None, ge=1, le=bounds.PROMPTS)
    """Use only the first so many lines."""
