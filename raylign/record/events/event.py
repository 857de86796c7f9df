"""An event: a payload, numbered and timed. ``data`` is the payload as it travels, ``said`` as it is read."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from raylign.record.events.payloads import Payload, read, wire

Emit = Callable[[Payload], None]
"""Says something: ``emit(Warned(message=...))``."""


class Event(BaseModel):
    """One line of ``events.jsonl``; one server-sent event of the gateway."""

    model_config = ConfigDict(frozen=True)

    seq: int
    """1, 2, 3, ... within a job, over all its attempts, without gaps."""
    time: float = Field(default_factory=time.time)
    """Unix seconds."""
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,15}$")]
    """Of the payload. Expect more kinds in later versions."""
    data: dict[str, Any]
    """Whoever passes an event on passes all of it on, what it does not know included."""

    @classmethod
    def of(cls, said: Payload, *, seq: int, time: float | None = None) -> Self:
        """What is said, as event ``seq``; now, where there is no ``time``."""
        moment = {} if time is None else {"time": time}
        return cls(seq=seq, kind=said.kind, data=wire(said), **moment)

    @cached_property
    def said(self) -> Payload | None:
        """The payload; None where the kind is not known here, or its demand not met: there is nothing to read."""
        try:
            return read(self.kind, self.data)
        except ValidationError:
            return None
