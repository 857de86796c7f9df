"""Every error: picklable, also what Python calls it, and a sentence."""

import pickle
from collections.abc import Iterator

import pytest

from raylign import errors
from raylign.errors import RaylignError


def tree(kind: type[RaylignError] = RaylignError) -> Iterator[type[RaylignError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from tree(below)


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_an_error_survives_the_way_between_processes_as_it_is(kind: type[RaylignError]) -> None:
    again = pickle.loads(pickle.dumps(kind("what happened")))
    assert type(again) is kind
    assert str(again) == "what happened"
    assert str(kind()) == kind.__name__


def test_the_drawing_names_every_error_under_what_it_comes_from() -> None:
    lines = [line for line in (errors.__doc__ or "").splitlines() if "+--" in line]
    drawn: dict[str, str] = {}
    above: list[str] = [RaylignError.__name__]
    for line in lines:
        depth = line.index("+--") // 4
        name = line.split()[line.split().index("+--") + 1]
        drawn[name] = above[depth]
        above[depth + 1 :] = [name]
    assert drawn == {kind.__name__: kind.__mro__[1].__name__ for kind in tree() if kind is not RaylignError}


def test_what_pythons_own_code_catches_catches_ours() -> None:
    for kind in tree():
        if "(" in next((line for line in (errors.__doc__ or "").splitlines() if f"-- {kind.__name__} " in line), ""):
            own = [base for base in kind.__mro__ if base.__module__ == "builtins"]
            assert own[0] is not Exception, kind


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_no_error_says_a_key_that_another_library_put_into_its_words(kind: type[RaylignError]) -> None:
    said = kind("cannot read the dataset 'hf://a/b': 401 at https://me:p/w@host/x?token=abcdef")
    assert str(said) == "cannot read the dataset 'hf://a/b': 401 at https://***@host/x?token=***"
    assert said.args == (str(said),)
