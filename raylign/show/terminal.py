"""Terminals as they are: what a stream's encoding cannot hold gets a stand-in of the same width, never a traceback."""

import codecs
import io
import sys

STAND_INS = str.maketrans(
    {"→": ">", "–": "-", "…": "~", "━": "=", "─": "-", "·": "|", "■": "#", "●": "*", "╸": "=", "╺": "="}
    | dict(zip("▁▂▃▄▅▆▇█", "_.-~+*%#", strict=True))
    | {chr(dots): "*" for dots in range(0x2800, 0x2900)}  # spinners turn in braille
)
HANDLER = "raylign.stand_in"


def soften_streams() -> None:
    """Let standard output and error print any text, whatever their encoding. A UTF-8 stream stays as it is."""
    codecs.register_error(HANDLER, stand_in)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """A codec error handler: our own marks become their ASCII likes, what models and users wrote becomes ``?``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    refused = error.object[error.start : error.end]
    return "".join(char if char.isascii() else "?" for char in refused.translate(STAND_INS)), error.end
