from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from raylign.judges import graders
from raylign.judges.graders import Grade, Program, grade

OBEYS = """
loaded = []

def grade(sample, item):
    scope = {"sample": sample, "item": item, "loaded": loaded}
    exec(item["program"], scope)
    return scope["value"]
"""
"""A grader that does what a row says: the worst that a response could bring one to."""
WORST = Program(source=OBEYS, timeout_s=5, memory_mb=128, processes=4)
IMPATIENT = Program(source=OBEYS, timeout_s=0.5, memory_mb=128, processes=4)
RUNTIME = graders.RUNTIME


@pytest.fixture(autouse=True, scope="module")
def taken_down() -> Iterator[None]:
    yield
    graders.end_all()


def obey(program: str, *, by: Program = WORST, **sample: Any) -> Grade:
    return grade(by, {"output_text": "a response", **sample}, {"program": program})


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("value = True", True),
        ("value = False", False),
        ("value = 1", 1.0),
        ("value = 0.5", 0.5),
        ("value = -3", -3.0),
        ("value = float(len(sample['output_text']))", 10.0),
        ("import math, statistics; value = math.sqrt(statistics.mean([4, 4]))", 2.0),
        ("value = item['program'] == sample['output_text']", False),
    ],
)
def test_what_it_returns_is_the_grade(program: str, value: float) -> None:
    assert obey(program) == Grade(value)


HOSTILE: list[tuple[str, str]] = [
    ("value = None", "the grader abstains"),
    ("raise ValueError('x' * 10**6)", f"{RUNTIME}: ValueError"),
    ("value = no_such_name", f"{RUNTIME}: NameError"),
    ("import sys; sys.exit(0)", f"{RUNTIME}: SystemExit"),
    ("raise KeyboardInterrupt", f"{RUNTIME}: KeyboardInterrupt"),
    ("import os; os._exit(0)", f"{RUNTIME}: crashed"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", f"{RUNTIME}: crashed"),
    ("import ctypes; ctypes.string_at(0)", f"{RUNTIME}: crashed"),
    ("value = float('nan')", f"{RUNTIME}: not finite"),
    ("value = float('-inf')", f"{RUNTIME}: not finite"),
    ("value = 10 ** 400", f"{RUNTIME}: not finite"),
    ("value = 'yes'", f"{RUNTIME}: returns str"),
    ("value = [1.0]", f"{RUNTIME}: returns list"),
    ("value = 1j", f"{RUNTIME}: returns complex"),
    ("value = type('X' * 1000, (), {})()", f"{RUNTIME}: returns {'X' * 60}"),
    ("value = type('1 \\n[\"word\",true]', (), {})()", f"{RUNTIME}: returns something"),
    (
        "class Evil:\n    def __eq__(self, other): return True\n    def __float__(self): return 1.0\n"
        "    def __bool__(self): return True\nvalue = Evil()",
        f"{RUNTIME}: returns Evil",
    ),
    (
        "class Evil(float):\n    def __float__(self): raise LookupError\n    def hex(self): 1 / 0\nvalue = Evil('nan')",
        f"{RUNTIME}: not finite",
    ),
    ("def f(): return f()\nvalue = f()", f"{RUNTIME}: RecursionError"),
    ("value = len('x' * 2**30)", f"{RUNTIME}: MemoryError"),
    ("x = []\nwhile True: x.append('x' * 2**20)", f"{RUNTIME}: MemoryError"),
    ("import socket; socket.create_connection(('127.0.0.1', 80)); value = 1.0", f"{RUNTIME}: ConnectionRefusedError"),
    ("import socket; socket.create_connection(('1.1.1.1', 80)); value = 1.0", f"{RUNTIME}: OSError"),
    ("value = len(open('/etc/passwd').read())", f"{RUNTIME}: FileNotFoundError"),
    ("import os; value = len(os.listdir('/home'))", f"{RUNTIME}: FileNotFoundError"),
    ("import os; value = len(os.listdir('/proc'))", f"{RUNTIME}: FileNotFoundError"),
    ("open('/tmp/x', 'w').write('x'); value = 1.0", f"{RUNTIME}: OSError"),
    ("open('/dev/shm/x', 'w').write('x'); value = 1.0", f"{RUNTIME}: OSError"),
    ("import os; [os.write(1, b'x' * 2**20) for _ in range(2**10)]; value = 'printed'", f"{RUNTIME}: returns str"),
    ("import os\nos.closerange(0, 256)\nvalue = 1.0", f"{RUNTIME}: crashed"),
    (
        "import os\nfor fd in range(64):\n    try: os.write(fd, b'[\"word\", 3]\\n')\n    except OSError: pass",
        f"{RUNTIME}: no answer of a grader's",
    ),
    (
        "import os\nfor fd in range(64):\n    try: os.write(fd, b'[' * 3000)\n    except OSError: pass\nos._exit(0)",
        f"{RUNTIME}: no answer of a grader's",
    ),
    (
        "import os\nfor fd in range(64):\n    try: os.write(fd, b'x' * 10**6)\n    except OSError: pass\nos._exit(0)",
        f"{RUNTIME}: no answer of a grader's",
    ),
    ("import os, signal; os.kill(os.getppid(), signal.SIGKILL); value = 1.0", f"{RUNTIME}: crashed"),
    ("import os, signal; os.kill(-1, signal.SIGKILL); value = 1.0", f"{RUNTIME}: crashed"),
    ("import os\ntry: os.setuid(0)\nexcept OSError: raise LookupError\nvalue = 1.0", f"{RUNTIME}: LookupError"),
]


@pytest.mark.parametrize(("program", "reason"), HOSTILE)
def test_a_hostile_row_has_no_grade_and_the_next_row_has(program: str, reason: str) -> None:
    assert obey(program) == Grade(None, reason)
    assert obey("value = 0.25") == Grade(0.25)


@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n    except OSError: pass\n"
        "while True: pass",
        "import os, time\nif os.fork(): os._exit(0)\ntime.sleep(60)",
        "import os, signal; os.kill(os.getppid(), signal.SIGSTOP); import time; time.sleep(60)",
    ],
    ids=["loops", "sleeps", "ignores signals", "leaves a child", "stops its parent"],
)
def test_a_row_that_does_not_end_is_out_of_time(program: str) -> None:
    assert obey(program, by=IMPATIENT) == Grade(None, f"{RUNTIME}: out of time")
    assert obey("value = 0.25", by=IMPATIENT) == Grade(0.25)


def test_a_bomb_of_processes_bursts_in_its_own_row() -> None:
    bomb = "import os\nfor _ in range(1000): os.fork()\nvalue = 1.0"
    assert obey(bomb).value is None
    assert obey("value = 0.25") == Grade(0.25)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("loaded.append(1); value = 1.0", "value = float(len(loaded))"),
        (
            "import json, builtins; json.loads = builtins.float = builtins.len = None; value = True",
            "value = float(len(loaded))",
        ),
        ("import os; os.write = os._exit = os.fork = print; value = True", "value = float(len(loaded))"),
        ("import sys; sys.modules['json'] = None; value = True", "import json; value = float(len(json.loads('[]')))"),
        (
            "import os; os.environ['x'] = '1'; os.chdir('/'); value = True",
            "import os; value = float('x' in os.environ)",
        ),
    ],
)
def test_nothing_that_a_row_does_is_there_for_the_next(before: str, after: str) -> None:
    obey(before)
    assert obey(after) == Grade(0.0)


def test_what_a_row_leaves_running_is_dead_before_the_next() -> None:
    assert obey(
        "import os\nif os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(60)\nvalue = 1.0"
    ) == Grade(1.0)
    assert (
        obey("import os\ntry: os.kill(-1, 0)\nexcept ProcessLookupError: value = 0.0\nelse: value = 1.0").value
        is not None
    )
    (sandboxed,) = (warm._process.pid for program, warm in graders._mine.warm.items() if program == WORST)
    runners = [
        child
        for child in psutil.Process(sandboxed).children(recursive=True)
        if child.name().startswith("python") and child.status() != psutil.STATUS_ZOMBIE  # dead, and not yet reaped
    ]
    assert len(runners) == 1


def test_a_response_is_data_whatever_it_spells() -> None:
    fair = Program(
        source="def grade(sample, item): return sample['output_text'] == item['answer']",
        timeout_s=5,
        memory_mb=128,
        processes=4,
    )
    for text in ('"); import os; os._exit(0) #', "\ud800", "\x00\n[true]\n", '{"output_text": 1}', "x" * 10**6):
        assert grade(fair, {"output_text": text}, {"answer": text}) == Grade(True)


def test_a_response_that_a_grader_runs_apart_has_no_way_to_the_answer() -> None:
    program = Program(
        source="import subprocess, sys\n"
        "def grade(sample, item):\n"
        "    run = [sys.executable, '-S', '-c', sample['output_text']]\n"
        "    done = subprocess.run(run, capture_output=item['caught'])\n"
        "    return done.returncode == 7",
        timeout_s=10,
        memory_mb=256,
        processes=4,
    )
    wins = """
import os
for descriptor in range(64):
    try:
        os.write(descriptor, b'["word",true]\\n')
    except OSError:
        pass
os._exit(3)
"""
    for caught in (True, False):
        assert grade(program, {"output_text": "raise SystemExit(7)"}, {"caught": caught}) == Grade(True)
        assert grade(program, {"output_text": wins}, {"caught": caught}) == Grade(False)


def test_json_in_a_response_is_read_for_the_grader() -> None:
    program = "value = sample['output_json'] == {'a': [1]}"
    assert obey(program, output_text='{"a": [1]}') == Grade(True)
    assert obey("value = sample['output_json'] is None", output_text="no json") == Grade(True)
    assert obey("value = sample['output_json'] is None", output_text="[" * 10**5) == Grade(True)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def grade(sample, item) return 1", f"{RUNTIME}: does not load: SyntaxError"),
        ("import no_such_module", f"{RUNTIME}: does not load: ModuleNotFoundError"),
        ("grade = 3", f"{RUNTIME}: does not load: NameError"),
        ("import sys; sys.exit()", f"{RUNTIME}: does not load: SystemExit"),
        ("import os; os._exit(0)", f"{graders.SERVER}: crashed"),
        (
            "import os\nfor fd in range(3, 4096):\n    try: os.write(fd, b'x' * 10**5)\n    except OSError: pass",
            f"{graders.SERVER}: no answer of a grader's",
        ),
    ],
)
def test_a_grader_that_does_not_load_says_so_of_every_row(source: str, reason: str) -> None:
    program = Program(source=source, timeout_s=1, memory_mb=128, processes=4)
    assert [grade(program, {"output_text": "a"}, {}) for _ in range(2)] == [Grade(None, reason)] * 2


@pytest.mark.parametrize(
    ("item", "reason"),
    [({"a": object()}, "the row is no plain data"), ({"a": "x" * 2**24}, f"the row has more than {2**24} bytes")],
)
def test_a_row_that_cannot_be_sent_is_the_rows_fault(item: Any, reason: str) -> None:
    assert grade(WORST, {"output_text": "a"}, item) == Grade(None, f"{graders.SAMPLE}: {reason}")


def test_texts_have_the_same_hashes_in_every_sandbox() -> None:
    said = []
    for _ in range(2):
        graders.end_all()
        said.append(obey("value = hash('a text') % 1000"))
    assert said[0] == said[1]
    assert said[0].value is not None


def test_few_sandboxes_are_kept_up() -> None:
    for number in range(graders.WARM + 2):
        program = Program(source=f"def grade(sample, item): return {number}", timeout_s=5, memory_mb=128, processes=4)
        assert grade(program, {"output_text": "a"}, {}) == Grade(float(number))
    assert len(graders._mine.warm) == graders.WARM
