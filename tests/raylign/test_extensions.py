"""Kinds that other distributions name by entry points: what joins a union, what is refused, and who is to blame."""

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from distribution import install_distribution

from raylign.errors import ExtensionError
from raylign.extensions import Distribution, extended, installed, lacks, origin
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.rule import RuleJudge

Install = Callable[..., Sequence[EntryPoint]]
BASES: Any = (RuleJudge, AskingJudge)
JUDGE = """
from typing import Literal
from raylign.judges.judge import Judge
from raylign.judges.rules.rule import RuleJudge
from raylign.verdicts import SATISFIED

class Poem(RuleJudge):
    type: Literal["poem"] = "poem"
    def rule(self, case): return SATISFIED
    @property
    def limit_s(self): return 1.0

class Half(RuleJudge):
    type: Literal["half"] = "half"
    def rule(self, case): return SATISFIED

class Loose(Poem):
    type: str = "loose"

class Lost(Judge):
    type: Literal["lost"] = "lost"

class Short(Poem):
    type: Literal["length"] = "length"

class Shout(Poem):
    type: Literal["SHOUT"] = "SHOUT"

def function(): ...
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """A distribution of a module with these entry points, as an installer leaves it; all that are so installed."""
    monkeypatch.syspath_prepend(tmp_path)

    def build(distribution: str = "poems", text: str = JUDGE, **points: str) -> Sequence[EntryPoint]:
        return install_distribution(tmp_path, distribution, text, **points)

    return build


def judges(found: Sequence[EntryPoint], **settings: Any) -> tuple[Any, ...]:
    return extended((LengthJudge,), group="raylign.judges", bases=BASES, found=found, **settings)


def test_a_class_joins_the_librarys_own_and_is_known_by_where_it_came_from(install: Install) -> None:
    own, poem = judges(install(poem="Poem"))
    assert own is LengthJudge
    assert (poem.__name__, origin(poem), origin(own)) == ("Poem", Distribution("poems", "1.5"), None)
    assert str(origin(poem)) == "poems 1.5"


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ({"gone": "Gone"}, "`gone` of raylign.judges, and it cannot be loaded (AttributeError: "),
        ({"function": "function"}, "it is no class of RuleJudge or AskingJudge"),
        ({"lost": "Lost"}, "it is no class of RuleJudge or AskingJudge"),
        ({"half": "Half"}, "it lacks limit_s, which every RuleJudge or AskingJudge has"),
        ({"loose": "Loose"}, 'it needs a `type: Literal["loose"] = "loose"`'),
        ({"SHOUT": "Shout"}, 'it needs a `type: Literal["SHOUT"] = "SHOUT"`: lower-case letters'),
        ({"verse": "Poem"}, "it calls itself 'poem': the entry point's name must be the same"),
        ({"length": "Short"}, "`type: length` is raylign's own: it needs another name"),
    ],
)
def test_what_cannot_be_used_stops_everything_and_names_its_distribution(
    install: Install, points: dict[str, str], problem: str
) -> None:
    with pytest.raises(ExtensionError) as error:
        judges(install(**points))
    assert str(error.value).startswith("the installed distribution poems 1.5 names 'poems_of_")
    assert problem in str(error.value)
    assert str(error.value).endswith("; mend it, or uninstall it")


@pytest.mark.parametrize("text", ["raise RuntimeError('no licence')", "import nothing_of_the_kind", "def ("])
def test_a_module_that_fails_is_told_with_what_it_said(install: Install, text: str) -> None:
    with pytest.raises(ExtensionError, match=r"poems 1\.5 .* cannot be loaded \((RuntimeError: no|Module|Syntax)"):
        judges(install(text=text, poem="Poem"))


def test_two_that_want_one_name_are_both_named(install: Install) -> None:
    install("poems", poem="Poem")
    with pytest.raises(ExtensionError, match=r"verses 1\.5 .*`type: poem` is that of poems 1\.5"):
        judges(install("verses", poem="Poem"))


def test_a_name_may_be_taken_by_what_is_no_kind(install: Install) -> None:
    with pytest.raises(ExtensionError, match="`type: poem` is raylign's own"):
        judges(install(poem="Poem"), taken=["poem"])


def test_what_a_node_lacks_is_said_with_who_needs_it() -> None:
    poems, pytest_ = Distribution("no-such-poems", "1.5"), Distribution("pytest", pytest.__version__)
    here = installed([poems.name, pytest_.name])
    assert here == {"no-such-poems": None, "pytest": pytest.__version__}
    needed = {poems: "`type: poem` of task 'a'", pytest_: "`type: test` of task 'b'"}
    ending = "`type: poem` of task 'a' needs no-such-poems 1.5: install it there, as the driver has it"
    assert lacks(needed, {"10.0.0.1": here, "10.0.0.2": {**here, "no-such-poems": "1.4"}}) == [
        f"node 10.0.0.1 has no no-such-poems, and {ending}",
        f"node 10.0.0.2 has no-such-poems 1.4, and {ending}",
    ]
    assert lacks({pytest_: "x"}, {"10.0.0.1": here}) == []
