import shutil
import sys
from pathlib import Path

import psutil
import pytest

from raylign.errors import RunError
from raylign.judges import sandbox
from raylign.judges.sandbox import Limits, Outcome, require, run

QUICK, AMPLE = Limits(wall_s=1.0), Limits(wall_s=60.0)
"""For programs that never end, and for those that end by themselves, on a busy machine as well."""
HOLDS = ["assert True"]
FORGED = """
import os
for fd in range(3, 4096):
    try: os.write(fd, b'{"secret": "0"}')
    except OSError: pass
os._exit(0)
"""


def test_isolation_holds_here() -> None:
    require()


def test_a_program_that_passes_its_tests() -> None:
    assert run("def f(x): return x + 1", ["import math", "assert f(1) == 2 * math.cos(0)"], AMPLE).passed


def test_a_failed_test_is_named() -> None:
    outcome = run("def f(x): return x", ["assert f(1) == 1", "assert f(1) == 2"], AMPLE)
    assert outcome == Outcome(passed=False, reason="test 2: AssertionError")


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "raise SystemExit",
        "print('{\"secret\": true}', flush=True); import os; os._exit(0)",
        FORGED,
        "import os\nos.closerange(0, 64)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(-1, signal.SIGKILL); os.kill(1, signal.SIGKILL)",
        "import os; os.kill(os.getppid(), 9)",
        "import ctypes; ctypes.string_at(0)",
        "import builtins, os; builtins.exec = builtins.compile = os.write = os._exit = print\nraise ValueError",
        "import sys; sys.modules['os'] = None; raise KeyboardInterrupt",
    ],
)
def test_leaving_before_the_tests_ran_does_not_pass(program: str) -> None:
    assert not run(program, ["assert False"], AMPLE).passed
    assert not run(program, HOLDS, AMPLE).passed


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("open('/etc/passwd')", "FileNotFoundError"),
        ("import os; os.listdir('/home')", "FileNotFoundError"),
        ("open('/stolen', 'w')", "OSError"),
        ("open('/usr/stolen', 'w')", "OSError"),
        ("open('/dev/shm/stolen', 'w')", "OSError"),
        ("import socket; socket.create_connection(('127.0.0.1', 22), 1)", "ConnectionRefusedError"),
        ("import socket; socket.create_connection(('192.0.2.1', 53), 1)", "OSError"),
        ("import os; os.environ['PATH'].index('venv')", "ValueError"),
        ("x = bytearray(10 ** 9)", "MemoryError"),
        ("open('/tmp/big', 'wb').write(bytes(2 ** 27))", "OSError"),
        ("def f(): f()\nf()", "RecursionError"),
        ("\x00", "SyntaxError" if sys.version_info >= (3, 11, 4) else "ValueError"),
        ("'\ud800'", "UnicodeEncodeError"),
    ],
)
def test_hostile_programs_meet_walls(program: str, error: str) -> None:
    assert run(program, HOLDS, Limits(wall_s=60.0, memory_mb=200)).reason == f"program: {error}"


def test_one_file_has_its_own_limit() -> None:
    program = """
import errno
try:
    open('/tmp/big', 'wb').write(bytes(2**27))
except OSError as error:
    print(error.errno == errno.EFBIG)
"""
    assert run(program, HOLDS, AMPLE).output == "True\n"


def test_nothing_of_the_host_is_seen() -> None:
    outcome = run(
        "import os\nprint(sorted(os.environ), os.listdir('/tmp'), [d for d in os.listdir('/') if d not in"
        " ('usr', 'bin', 'lib', 'lib32', 'lib64', 'dev', 'tmp')])",
        [],
        AMPLE,
    )
    root = Path(sys.base_prefix).parts[1]
    others = "[]" if root == "usr" else f"['{root}']"
    assert outcome.output.strip() in (
        f"['HOME', 'LC_CTYPE', 'PATH', 'PWD'] [] {others}",
        f"['HOME', 'PATH', 'PWD'] [] {others}",
    )


def test_an_endless_program_runs_out_of_time() -> None:
    assert run("while True: pass", HOLDS, QUICK).reason == "out of time"


def test_endless_output_is_cut() -> None:
    outcome = run("while True: print('x' * 1000)", HOLDS, Limits(wall_s=1.0, output_kb=2))
    assert outcome.reason == "out of time"
    assert len(outcome.output) == 2048


def test_much_output_does_not_fail_a_good_program() -> None:
    assert run("print('x' * 10**7)", HOLDS, Limits(wall_s=60.0, output_kb=1)).passed


def descendants() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_a_fork_bomb_is_contained_and_leaves_nothing() -> None:
    before = descendants()
    outcome = run(
        "import os, time\nfor _ in range(500):\n  if os.fork() == 0: time.sleep(600)", HOLDS, Limits(processes=8)
    )
    assert outcome.reason == "program: BlockingIOError"
    assert descendants() <= before


def test_children_left_behind_end_with_the_program() -> None:
    before = descendants()
    assert run("import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(600)", HOLDS, AMPLE).passed
    assert descendants() <= before


def test_missing_bubblewrap_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert shutil.which("bwrap") is None
    with pytest.raises(RunError, match="apt-get install bubblewrap"):
        require()


def test_a_sandbox_that_cannot_start_is_an_error_not_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "command", lambda: ("bwrap", "--ro-bind", "/nowhere", "/usr", "--", "true", "-c"))
    said = r"ended with status 1 as it started; it printed .bwrap: .*/nowhere"
    with pytest.raises(RunError, match=said):
        run("x = 1", HOLDS, AMPLE)
    with pytest.raises(RunError, match=said):
        require()


def test_a_sandbox_that_is_slow_to_start_is_waited_for_as_long_as_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried first has no less time than the sandbox that it is tried in."""
    prompt = sandbox.command()
    late = ("sh", "-c", 'echo waiting; sleep 1; exec "$@"', "sh", *prompt)
    monkeypatch.setattr(sandbox, "command", lambda: late)
    with pytest.raises(RunError, match=r"process \d+\), did not start within 0.3 s; it printed 'waiting\\n'"):
        require(seconds=0.3)
    assert require(seconds=60.0) is None
    assert run("x = 1", HOLDS, AMPLE, start_s=60.0).passed


def test_an_interpreter_that_is_not_isolated_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    open_command = (*["bwrap", "--bind", "/", "/", "--dev", "/dev"], *sandbox.command()[-8:])
    monkeypatch.setattr(sandbox, "command", lambda: open_command)
    with pytest.raises(RunError, match="does not isolate"):
        require()
