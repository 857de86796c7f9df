"""A program against tests it cannot see: what passes is data that is right, whatever else it tries."""

import pytest

from raylign.judges.sandbox import Limits, run

SOLVE = "def f(x): return {answer}"
TESTS = ["assert f(3) == 42", "assert f(4) == 43"]


AMPLE = Limits(wall_s=60.0)
"""For programs that end by themselves, on a busy machine as well; some attacks never do."""


def passes(program: str, *tests: str, limits: Limits = AMPLE) -> bool:
    return run(program, tests or TESTS, limits).passed


YES = "__eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __bool__ = lambda *_: True"
ATTACKS = {
    "an object equal to everything": f"class Yes:\n  {YES}\n  __hash__ = None\ndef f(x): return Yes()",
    "a number equal to everything": f"class Yes(int):\n  {YES}\n  __hash__ = int.__hash__\ndef f(x): return Yes(1)",
    "a text equal to everything": f"class Yes(str):\n  {YES}\n  __hash__ = str.__hash__\ndef f(x): return Yes('1')",
    "a list equal to everything": f"class Yes(list):\n  {YES}\ndef f(x): return Yes()",
    "a shadowed builtin": "def f(x): return 0\ndef all(_): return True\nabs = min = lambda *_: 0",
    "a patched builtin": "import builtins\nbuiltins.AssertionError = builtins.all = lambda _: True\ndef f(x): return 0",
    "a patched exec": "import builtins\nbuiltins.exec = builtins.compile = print\ndef f(x): return 0",
    "leaving in a call": "import os\ndef f(x): os._exit(0)",
    "leaving by an exception": "def f(x): raise SystemExit(0)",
    "closing every pipe": "import os\nos.closerange(3, 4096)\ndef f(x): return 0",
    "noise on every pipe": "import os\nfor fd in range(3, 4096):\n  try: os.write(fd, b'\\0\\0\\0\\4true')\n"
    "  except OSError: pass\ndef f(x): return 0",
    "killing the tester": "import os, signal\ndef f(x): os.kill(os.getppid(), signal.SIGKILL)",
    "stopping the tester": "import os, signal\ndef f(x): os.kill(os.getppid(), signal.SIGSTOP)",
    "tracing the tester": "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
    "if libc.ptrace(16, os.getppid(), 0, 0) == 0: print('traced')\ndef f(x): return 0",
    "a search of memory": """
import gc, os, sys
def f(x):
    found, frame = set(), sys._getframe()
    while frame:
        found |= {value for value in frame.f_locals.values() if isinstance(value, str)}
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            found |= {value for value in thing.values() if isinstance(value, str)}
    for secret in (one for one in found if len(one) == 32):
        for fd in range(3, 4096):
            try: os.write(fd, ('{"secret": "%s"}' % secret).encode())
            except OSError: pass
    return 0
""",
    "an answer without end": "def f(x): return 'x' * 10**8",
    "an answer nested without end": "def f(x):\n  it = []\n  for _ in range(10**5): it = [it]\n  return it",
    "an answer that holds itself": "def f(x):\n  it = []\n  it.append(it)\n  return it",
    "forking": "import os\ndef f(x):\n  os.fork()\n  return 0",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_passes_but_the_right_answer(attack: str) -> None:
    assert not passes(ATTACKS[attack], limits=Limits(wall_s=2.0))


def test_the_tester_cannot_be_traced() -> None:
    assert "traced" not in run(ATTACKS["tracing the tester"], TESTS, Limits(wall_s=2.0)).output


def test_an_expected_value_does_not_reach_the_program() -> None:
    near = "class Near:\n  def __sub__(self, other): return 0.0\n  __rsub__ = __sub__\ndef f(x): return Near()"
    assert not passes(near, "assert abs(f(1) - 3.5) < 1e-6")
    holds = "class Holds:\n  def __contains__(self, _): return True\ndef f(x): return Holds()"
    assert not passes(holds, "assert 3 in f(1)")
    sneaky = "def f(x): return {'all': 1}\ndef all(_): return True\ndef sorted(_): return []"
    assert not passes(sneaky, "assert all(f(1)[k] == 2 for k in ['all'])")
    assert not passes(sneaky, "assert sorted(f(1)) == []")


def test_what_a_test_lends_leads_to_none_of_its_state() -> None:
    thief = """
import inspect
def f(call):
    link, number = call.__dict__['_Remote_at']
    for name in ('__globals__', '__code__', '__closure__', '__class__', 'gi_frame'):
        try:
            link.ask('get', number, (name,), {})
        except AttributeError:
            continue
        return 'stolen'
    return call(20)
"""
    assert passes(thief, "assert f(lambda x: x + 1) == 21")
    assert passes(thief.replace("call(20)", "next(call)"), "assert f(n for n in [7]) == 7")


@pytest.mark.parametrize(
    ("program", "tests"),
    [
        ("def f(x): x.append(1); x[0].pop()", ["v = [[2]]", "f(v)", "assert v == [[], 1]"]),
        ("def f(d): d['a'] = 1", ["d = {}", "f(d)", "assert d == {'a': 1}"]),
        ("def f(): yield from (1, 2)", ["assert list(f()) == [1, 2]", "assert next(f()) == 1"]),
        ("def f(x): raise KeyError(x)", ["try: f(1)\nexcept KeyError: pass\nelse: assert False"]),
        ("class E(ValueError): pass\ndef f(): raise E()", ["try: f()\nexcept ValueError: pass\nelse: assert False"]),
        ("def f(g, xs): return [g(x) for x in xs]", ["assert f(lambda x: x * x, [1, 2]) == [1, 4]"]),
        ("def f(kind): return kind('3')", ["assert f(int) == 3"]),
        ("def f(): return float('nan')", ["import math", "assert math.isnan(f())"]),
        ("def f(): return (1, 2.5, 'a\\ud800', b'x', None, True, 1j, {1}, frozenset({2}), range(3), -2**80)",
         ["assert f() == (1, 2.5, 'a\\ud800', b'x', None, True, 1j, {1}, frozenset({2}), range(3), -2**80)",
          "assert [type(x) for x in f()] == [int, float, str, bytes, type(None), bool, complex, set, frozenset,"
          " range, int]"]),
        ("from collections import Counter, namedtuple, OrderedDict\nP = namedtuple('P', 'x y')\n"
         "def f(): return Counter('aab'), P(1, 2), OrderedDict(a=1)",
         ["assert f() == ({'a': 2, 'b': 1}, (1, 2), {'a': 1})"]),
        ("class Stack:\n  def __init__(self): self.items = []\n  def push(self, x): self.items.append(x)\n"
         "  def pop(self): return self.items.pop()\n  def __len__(self): return len(self.items)",
         ["s = Stack()", "s.push(1); s.push(2)", "assert len(s) == 2 and s.pop() == 2 and s.items == [1]",
          "assert isinstance(s, Stack)"]),
        ("class P:\n  def __init__(self, x): self.x = x\n  def __eq__(self, o): return self.x == o.x\n"
         "  def __add__(self, o): return P(self.x + o.x)",
         ["assert P(1) + P(2) == P(3)", "assert not P(1) == P(2)", "p = P(1); p.x = 5", "assert p.x == 5"]),
        ("import math\ndef f(x): return math.sqrt(x)", ["assert math.isclose(f(4), 2)"]),
        ("def sum(a, b): return a + b", ["assert sum(1, 2) == 3"]),
        ("def f(node):\n  total = 0\n  while node: total += node.value; node = node.next\n  return total",
         ["class N:\n  def __init__(self, v, n=None): self.value, self.next = v, n", "assert f(N(1, N(2))) == 3"]),
    ],
)  # fmt: skip
def test_honest_programs_pass_honest_tests(program: str, tests: list[str]) -> None:
    outcome = run(program, tests, AMPLE)
    assert outcome.passed, (outcome.reason, outcome.output)
