"""Run an untrusted Python program and its tests, isolated by bubblewrap: no network, no home, nothing to write to.

The program sees a read-only /usr and interpreter, an empty /tmp that vanishes, and no other process. It has limits on
wall clock, CPU time, memory, processes, file size and output. The tests run in a process of their own beside it
(`raylign.judges.sandboxed`), which alone knows the secret that tells of success: the program answers questions with
data, and sees neither tests nor expected values.

There is no unisolated way to run: `require` says what is missing.
"""

import json
import os
import re
import secrets
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from raylign.errors import RunError
from raylign.judges import libraries

START_S = 20.0
"""Longest wait for a sandbox to stand, before the program's own wall clock runs, on a node where one stood before."""
FILES_MB = 64
"""Size of the program's /tmp, all files together."""
OPEN_FILES = 64

_RUNNER = Path(__file__).with_name("sandboxed.py").read_text(encoding="utf-8")
_ERROR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use."""

    wall_s: float = 5.0
    memory_mb: int = 256
    processes: int = 16
    output_kb: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a program ended."""

    passed: bool
    reason: str = ""
    """Why it did not pass: ``"test 2: AssertionError"``, ``"out of time"``, ``"exited early"``."""
    output: str = ""
    """Standard output and error together, cut at the limit."""


def require(*, seconds: float = START_S) -> None:
    """Prove that programs can be isolated here. Raises `RunError` that says what to install or allow.

    ``seconds``: for a sandbox to stand, and for what it is tried with: where all of a fleet starts beside it, what the
    fleet has.
    """
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        raise RunError(
            "judges of type 'code' and 'python' run programs in bubblewrap, and `bwrap` is not on the PATH: "
            "install it (Debian, Ubuntu: apt-get install bubblewrap), or leave them out of the job"
        )
    outcome = run(_PROBE, ["probe()"], Limits(wall_s=seconds, processes=4), start_s=seconds)
    if not outcome.passed:
        raise RunError(
            f"bubblewrap runs but does not isolate here ({outcome.reason}: {outcome.output[-300:]!r}): judges of type "
            "'code' and 'python' need user namespaces, or root with CAP_SYS_ADMIN: allow these, or leave the judges out"
        )
    for name in libraries.allowed().modules:
        outcome = run(f"import {name}", [], Limits(wall_s=seconds), start_s=seconds)
        if not outcome.passed:
            raise RunError(
                f"{libraries.VARIABLE} allows {name!r}, and a program cannot import it ({outcome.reason}: "
                f"{outcome.output[-300:]!r}): name the packages that it needs as well, or take it off the list"
            )


_PROBE = """
import os, socket

def probe():
    assert os.listdir('/tmp') == [] and not os.path.exists('/home') and not os.path.exists('/etc')
    assert [name for _, name in socket.if_nameindex()] == ['lo']
    try:
        open('/usr/probe', 'w')
    except OSError:
        pass
    else:
        raise AssertionError('/usr is writable')
    children = []
    try:
        for _ in range(8):
            child = os.fork()
            if child == 0:
                import time
                time.sleep(60)
            children.append(child)
    except BlockingIOError:
        pass
    assert len(children) < 4, 'the limit on processes does not hold'
    for child in children:
        os.kill(child, 9)
"""


def run(program: str, tests: Sequence[str], limits: Limits, *, start_s: float = START_S) -> Outcome:
    """Run ``program``, then each of ``tests`` against its names.

    Raises `RunError` when the sandbox does not stand within ``start_s``: nothing of the program has run by then, and
    nothing is said of it.
    """
    secret = secrets.token_hex(16)
    report_read, report_write = os.pipe()
    with os.fdopen(report_read, "rb", buffering=0) as report:
        try:
            with _payload(program, tests, limits, secret) as payload:
                process = subprocess.Popen(
                    [*command(), _RUNNER, str(report_write), *libraries.allowed().modules],
                    stdin=payload,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=(report_write,),
                    start_new_session=True,
                )
        finally:
            os.close(report_write)
        with process:
            try:
                said, output, expired = _watch(process, report, limits, start_s)
                if not said.startswith(b"S"):
                    raise _not_up(process, output, start_s if expired else None)
            finally:
                # Killing bubblewrap ends its process namespace, and with it everything the program started.
                process.kill()
    text = output.decode("utf-8", errors="replace")
    if expired:
        return Outcome(passed=False, reason="out of time", output=text)
    return _outcome(said[1:], secret, text)


def _payload(program: str, tests: Sequence[str], limits: Limits, secret: str):  # type: ignore[no-untyped-def]
    """The runner's input as an anonymous file: unlike a pipe, it takes any size at once."""
    seconds = max(1, round(limits.wall_s + 1))
    megabyte = 1024 * 1024
    document = {
        "program": program,
        "tests": list(tests),
        "secret": secret,
        "uid": fresh_uid(),
        "limits": {
            "RLIMIT_AS": limits.memory_mb * megabyte,
            "RLIMIT_CPU": seconds,
            "RLIMIT_FSIZE": FILES_MB * megabyte,
            "RLIMIT_NOFILE": OPEN_FILES,
            "RLIMIT_CORE": 0,
            "RLIMIT_NPROC": limits.processes + 1,  # the tester is one
        },
    }
    file = os.fdopen(os.memfd_create("program"), "w+b", buffering=0)
    file.write(json.dumps(document).encode("ascii"))
    file.seek(0)
    return file


def _not_up(process: subprocess.Popen[bytes], output: bytes, waited_s: float | None) -> RunError:
    """What became of a sandbox that never said it stands. ``waited_s``: how long it was waited for; None: it ended."""
    printed = output.decode("utf-8", errors="replace")[-300:]
    words = f"it printed {printed!r}" if printed else "it printed nothing"
    if waited_s is not None:
        return RunError(
            f"the sandbox, Python in bubblewrap (process {process.pid}), did not start within {waited_s:g} s; {words}: "
            "the machine may be too busy"
        )
    return RunError(f"the sandbox, Python in bubblewrap, ended with status {process.wait()} as it started; {words}")


def _watch(  # type: ignore[no-untyped-def]
    process: subprocess.Popen[bytes], report, limits: Limits, start_s: float
) -> tuple[bytes, bytes, bool]:
    """What the runner reported, the output, and whether time ran out."""
    said, output = bytearray(), bytearray()
    deadline = time.monotonic() + start_s
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(report, selectors.EVENT_READ, (said, 4096))
        selector.register(process.stdout, selectors.EVENT_READ, (output, limits.output_kb * 1024))
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                return bytes(said), bytes(output), True
            for key, _ in ready:
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                buffer, limit = key.data
                if buffer is said and not said:
                    deadline = time.monotonic() + limits.wall_s
                buffer += chunk[: limit - len(buffer)]
    return bytes(said), bytes(output), False


def _outcome(report: bytes, secret: str, output: str) -> Outcome:
    try:
        said = json.loads(report)
    except ValueError:
        return Outcome(passed=False, reason="exited early", output=output)
    match said:
        case {"secret": str(given)} if given.isascii() and secrets.compare_digest(given, secret):
            return Outcome(passed=True, output=output)
        case {"stage": str(stage), "error": str(error)} if _ERROR_NAME.fullmatch(error):
            return Outcome(passed=False, reason=f"{stage[:20]}: {error}", output=output)
    return Outcome(passed=False, reason="exited early", output=output)


def _is_root() -> bool:
    return os.geteuid() == 0


def fresh_uid() -> int | None:
    """A user nobody is, for root to become: the kernel exempts root from the limit on processes, and counts it over all
    of a user's. None where this is not root, who alone may become another."""
    return 0x40000000 + secrets.randbelow(0x20000000) if _is_root() else None


def command(*, repeats: bool = False) -> tuple[str, ...]:
    """bubblewrap's command line, up to the interpreter's ``-c``.

    ``repeats``: what one run says the next says too: texts have the same hashes, and there is no /tmp to write to.
    """
    return _isolated(libraries.allowed().arguments, repeats)


@cache
def _isolated(shown: tuple[str, ...], repeats: bool) -> tuple[str, ...]:
    prefix = Path(sys.base_prefix).resolve()
    python = prefix / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    # Root needs no user namespace, and inside one the limit on processes would not hold for it: the runner becomes
    # a fresh user instead, and loses every capability by it.
    isolation = (
        "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try "
        "--cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID"
        if _is_root()
        else "--unshare-all --unshare-user --disable-userns"
    )
    mounts = ["--ro-bind", "/usr", "/usr"]
    for name in ("lib", "lib32", "lib64", "bin"):
        path = Path("/") / name
        if path.is_symlink():
            mounts += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            mounts += ["--ro-bind", str(path), str(path)]
    if not prefix.is_relative_to("/usr"):
        # bubblewrap would copy the modes of these folders, and a home is closed to the fresh user.
        for parent in [*reversed(prefix.parents)][1:]:
            mounts += ["--perms", "0755", "--dir", str(parent)]
        mounts += ["--ro-bind", str(prefix), str(prefix)]
    size = str(FILES_MB * 1024 * 1024)
    room = ("--dir", "/tmp") if repeats else ("--perms", "1777", "--size", size, "--tmpfs", "/tmp")
    # -s and -P are what -I stands for, but that it would not hear of the seed.
    seed = ("--setenv", "PYTHONHASHSEED", "0") if repeats else ()
    alone = ("-s", "-P") if repeats else ("-I",)
    return (
        *("bwrap", *isolation.split(), "--die-with-parent", "--new-session", "--clearenv"),
        *mounts,
        *shown,
        *("--dev", "/dev", "--remount-ro", "/dev"),
        *(*room, "--remount-ro", "/"),
        *("--setenv", "HOME", "/tmp", "--setenv", "PATH", "/usr/bin", "--chdir", "/tmp"),
        *(*seed, "--", str(python), *alone, "-S", "-B", "-X", "utf8", "-c"),
    )
