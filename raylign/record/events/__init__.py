"""What a run says of itself, as a numbered stream: the one source of console, metrics files, report and gateway."""

from raylign.record.events.event import Emit, Event

__all__ = ["Emit", "Event"]
