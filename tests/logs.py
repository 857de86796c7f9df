"""What is logged while a test looks. pytest's own catcher hangs itself into every logger, three times a test."""

import contextlib
import io
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def logged(level: int = logging.WARNING) -> Iterator[io.StringIO]:
    """The lines of all that is at least so grave."""
    root, text = logging.getLogger(), io.StringIO()
    handler, before = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield text
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
