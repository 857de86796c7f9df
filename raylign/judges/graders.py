"""Graders: programs of a job's own, ``grade(sample, item)``, kept warm in a sandbox of their own.

One sandbox (`raylign.judges.sandbox` says what it is) loads the grader once and grades row after row, each in a fork
(`raylign.judges.graded`). It has nowhere to write at all. What it does not survive, or takes too long, costs that
row its grade and the sandbox its life; the next row has a new one. What a sandbox says is read as a stranger's.
"""

import atexit
import json
import marshal
import math
import os
import select
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.judges import libraries, sandbox

RUNTIME = "python_grader_runtime_error"
SERVER = "python_grader_server_error"
SAMPLE = "sample_parse_error"
"""What a row without a grade is told, in the words of OpenAI's graders: it was the doing of the grader, of its sandbox,
or of the row itself."""
LONGEST = 16 * 2**20
"""Bytes of one row."""
START_S = sandbox.START_S
WARM = 4
"""Sandboxes that one thread keeps up; another grader's takes the place of the one that was asked longest ago."""
_LINE = 8192
_RUNNER = Path(__file__).with_name("graded.py").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Grade:
    """What a grader says of a row: true, false, a finite number; else nothing, and ``reason`` says why."""

    value: bool | float | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A grader, and what each row may use."""

    source: str
    timeout_s: float
    memory_mb: int
    processes: int


class _Lost(Exception):
    """The sandbox is no use any more; says why."""


class _Warm:
    """A sandbox that has loaded a grader. Raises `_Lost` when it did not come up."""

    def __init__(self, program: Program) -> None:
        answers, said = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*sandbox.command(repeats=True), _RUNNER, str(said), *libraries.allowed().modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(said,),
                start_new_session=True,
            )
        except BaseException:
            os.close(answers)
            raise
        finally:
            os.close(said)
        assert self._process.stdin is not None
        self._answers, self._requests = answers, self._process.stdin.fileno()
        os.set_blocking(self._requests, False)
        try:
            self.loads = self.ask(_first(program), seconds=START_S + program.timeout_s)
        except _Lost:
            self.close()
            raise

    def ask(self, body: bytes, *, seconds: float) -> Any:
        """The answer to a request, as JSON. Raises `_Lost`."""
        deadline = time.monotonic() + seconds
        self._send(len(body).to_bytes(4, "big") + body, deadline)
        return self._hear(deadline)

    def close(self) -> None:
        """Killing bubblewrap ends its process namespace, and with it everything in it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        os.close(self._answers)

    def _send(self, message: bytes, deadline: float) -> None:
        left = memoryview(message)
        while left:
            try:
                left = left[os.write(self._requests, left) :]
            except BlockingIOError:
                _wait(deadline, writing=self._requests)
            except BrokenPipeError:
                raise _Lost("crashed") from None

    def _hear(self, deadline: float) -> Any:
        said = bytearray()
        while not said.endswith(b"\n"):
            _wait(deadline, reading=self._answers)
            chunk = os.read(self._answers, _LINE)
            said += chunk
            if not chunk:
                raise _Lost("crashed")
            if len(said) > _LINE:
                raise _Lost("no answer of a grader's")
        try:
            return json.loads(said) if said.strip() else None
        except (ValueError, RecursionError):
            raise _Lost("no answer of a grader's") from None


def _wait(deadline: float, *, reading: int | None = None, writing: int | None = None) -> None:
    poll = select.poll()
    if reading is not None:
        poll.register(reading, select.POLLIN)
    if writing is not None:
        poll.register(writing, select.POLLOUT)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise _Lost("out of time")


def _first(program: Program) -> bytes:
    """The request that brings a sandbox up."""
    megabyte = 1024 * 1024
    document = {
        "source": program.source,
        "uid": sandbox.fresh_uid(),
        "limits": {
            "RLIMIT_AS": program.memory_mb * megabyte,
            "RLIMIT_FSIZE": 0,
            "RLIMIT_NOFILE": sandbox.OPEN_FILES,
            "RLIMIT_CORE": 0,
            "RLIMIT_NPROC": program.processes + 1,  # the one that forks is one
        },
    }
    return marshal.dumps(document)


class _Mine(threading.local):
    """Sandboxes of this thread, which alone asks them; they die with who started them: `--die-with-parent`."""

    def __init__(self) -> None:
        self.warm: OrderedDict[Program, _Warm] = OrderedDict()


_mine = _Mine()


def grade(program: Program, sample: Mapping[str, Any], item: Mapping[str, Any]) -> Grade:
    """The grader's word on one row. Never raises on a row, or on what the grader does."""
    try:
        row = marshal.dumps((dict(sample), dict(item)))
    except ValueError:
        return Grade(None, f"{SAMPLE}: the row is no plain data")
    if len(row) > LONGEST:
        return Grade(None, f"{SAMPLE}: the row has more than {LONGEST} bytes")
    try:
        warm = _up(program)
    except (_Lost, OSError) as error:
        return Grade(None, f"{SERVER}: {error if isinstance(error, _Lost) else type(error).__name__}")
    match warm.loads:
        case ["ready"]:
            pass
        case ["error", str(name)]:
            return Grade(None, f"{RUNTIME}: does not load: {_name(name)}")
        case _:
            return Grade(None, f"{RUNTIME}: does not load")
    try:
        said = warm.ask(row, seconds=program.timeout_s)
    except _Lost as error:
        end(program)
        return Grade(None, f"{RUNTIME}: {error}")
    return _read(said)


def end(program: Program) -> None:
    """Take down a grader's sandbox, if this thread has one."""
    if warm := _mine.warm.pop(program, None):
        warm.close()


@atexit.register
def end_all() -> None:
    """Take down every sandbox of this thread."""
    for program in list(_mine.warm):
        end(program)


def _up(program: Program) -> _Warm:
    warm = _mine.warm
    if program not in warm:
        while len(warm) >= WARM:
            warm.popitem(last=False)[1].close()
        warm[program] = _Warm(program)
    warm.move_to_end(program)
    return warm[program]


def _read(said: Any) -> Grade:
    """An answer that may be anything."""
    match said:
        case ["word", bool(value)]:
            return Grade(value)
        case ["word", None]:
            return Grade(None, "the grader abstains")
        case ["number", str(digits)]:
            number = _number(digits)
            return Grade(number) if math.isfinite(number) else Grade(None, f"{RUNTIME}: not finite")
        case ["kind", str(name)]:
            return Grade(None, f"{RUNTIME}: returns {_name(name)}")
        case ["error", str(name)]:
            return Grade(None, f"{RUNTIME}: {_name(name)}")
        case None:
            return Grade(None, f"{RUNTIME}: crashed")
    return Grade(None, f"{RUNTIME}: no answer of a grader's")


def _number(digits: str) -> float:
    try:
        return float.fromhex(digits)
    except (ValueError, OverflowError):
        return math.nan


def _name(name: str) -> str:
    """Of a type, as a stranger gives it."""
    return name if name.isascii() and name.isidentifier() and len(name) <= 60 else "something"
