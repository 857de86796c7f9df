"""What the operator lets programs import, numpy here; and that it helps nobody to pass who should not."""

from pathlib import Path

import pytest

from raylign.errors import RunError
from raylign.judges import libraries, sandbox
from raylign.judges.rules.code import CodeJudge
from raylign.judges.rules.rule import Case
from raylign.judges.sandbox import Limits, run
from raylign.service.dispatch.launch import env_vars
from raylign.verdicts import Ruling

TESTS = """
import numpy as np

def check(candidate):
    assert candidate([1.0, 2.0, 6.0]) == 3.0
    assert np.allclose(candidate([0.5]), 0.5)
"""
MEAN = "import numpy as np\n\ndef mean(numbers):\n    return np.mean(np.array(numbers))\n"


@pytest.fixture
def numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(libraries.VARIABLE, "numpy")


def ruling(program: str) -> Ruling:
    case = Case(response=f"```python\n{program}```", metadata={"unit_tests": TESTS, "entry_point": "mean"})
    return CodeJudge().rule(case)


def test_without_the_operators_word_there_is_no_numpy() -> None:
    assert ruling(MEAN) == Ruling(False, "program: ModuleNotFoundError")


@pytest.mark.usefixtures("numpy")
def test_a_program_and_its_tests_may_use_what_is_allowed_and_nothing_beside_it() -> None:
    sandbox.require()
    assert ruling(MEAN) == Ruling(True)
    assert ruling(MEAN.replace("mean(", "std(").replace("def std", "def mean")).satisfied is False
    for other in ("pydantic", "raylign", "typing_extensions"):
        assert run(f"import {other}", [], Limits()).reason == "program: ModuleNotFoundError"


@pytest.mark.usefixtures("numpy")
def test_scalars_cross_as_plain_numbers_and_arrays_as_arrays() -> None:
    program = """
import numpy as np
def total(it): return np.sum(it)
def single(it): return np.float32(it)
def many(it): return np.array(it) > 1
def double(it): it *= 2
"""
    tests = [
        "assert total([1, 2]) == 3 and type(total([1, 2])) is int and single(0.5) in (0.5, 1)",
        "assert many([1, 2]).tolist() == [False, True]",
        "import numpy\nit = numpy.arange(3)\ndouble(it)\nassert (it == [0, 2, 4]).all() and it.shape == (3,)",
        "assert np.array_equal(np.array([1]), [1])",  # by the program's own name for it
    ]
    assert run(program, tests, Limits()) == sandbox.Outcome(passed=True)


@pytest.mark.usefixtures("numpy")
@pytest.mark.parametrize(
    "cheat",
    [
        "np.allclose = np.mean = np.array = lambda *_, **__: True\ndef mean(it): return True",
        "class Yes(np.ndarray):\n  __eq__ = __ne__ = __bool__ = lambda *_: True\n"
        "def mean(it): return np.zeros(3).view(Yes)",
        "class Yes(np.float64):\n  __eq__ = lambda *_: True\ndef mean(it): return Yes(9)",
        "class Yes:\n  __array__ = lambda *_, **__: np.array(3.0)\n  __eq__ = lambda *_: True\n"
        "  __array_ufunc__ = lambda *_, **__: True\ndef mean(it): return Yes()",
        "import sys\nsys.modules['numpy'] = sys\ndef mean(it): return 0",
    ],
)
def test_no_object_of_a_library_equals_what_it_does_not_know(cheat: str) -> None:
    assert ruling(f"import numpy as np\n{cheat}\n").satisfied is False


@pytest.mark.parametrize(
    "change", ["open(it.__file__, 'a')", "os.unlink(it.__file__)", "open(it.__path__[0] + '/b', 'w')"]
)
def test_no_program_changes_a_library_for_the_next_one(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that any user of this machine may write."""
    for name, text in {
        "open_to_all/__init__.py": "",
        "open_to_all-1.dist-info/RECORD": "open_to_all/__init__.py,,",
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).parent.chmod(0o777)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o666)
    (tmp_path / "open_to_all-1.dist-info/METADATA").write_text("Name: open_to_all\nVersion: 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(libraries.VARIABLE, "open_to_all")
    libraries.find.cache_clear()
    assert run("import open_to_all", [], Limits()).passed
    attempt = f"try: {change}\nexcept OSError as error: no = error.errno\nassert no == errno.EROFS"
    assert run(f"import errno, os, open_to_all as it\n{attempt}", [], Limits()).passed
    assert (tmp_path / "open_to_all").exists()


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ("no-such-package", "no such package is installed here"),
        ("../numpy", "no package's name"),
        ("numpy; rm", "no package's name"),
        ("protobuf", "a package that others share"),
    ],
)
def test_what_cannot_be_shown_is_refused(listed: str, says: str) -> None:
    with pytest.raises(RunError, match=says):
        libraries.find(libraries.names(listed))


def test_a_library_whose_own_needs_are_not_allowed_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(libraries.VARIABLE, "sympy")  # it needs mpmath
    with pytest.raises(RunError, match="allows 'isympy'|allows 'sympy', and a program cannot import it"):
        sandbox.require()


def test_drivers_get_the_operators_setting_and_are_told_nothing_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert libraries.VARIABLE not in env_vars()
    monkeypatch.setenv(libraries.VARIABLE, "numpy")
    assert env_vars()[libraries.VARIABLE] == "numpy"
