"""The workers' side: a program of its own, which this package never imports."""

import os
import sys
from typing import NoReturn


def become(*arguments: str) -> NoReturn:
    """Let ``python -m actors`` take the place of this process."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "actors", *arguments])
