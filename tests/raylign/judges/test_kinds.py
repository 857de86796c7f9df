from pathlib import Path

import pytest

from raylign.judges.judge import Judge
from raylign.judges.kinds import OWN

PAGE = (Path(__file__).parents[3] / "docs" / "judges.md").read_text()


def names() -> list[str]:
    return [kind.model_fields["type"].default for kind in OWN]


def test_a_type_is_one_kinds_own() -> None:
    assert len(set(names())) == len(OWN)


@pytest.mark.parametrize("name", names())
def test_every_kind_is_described(name: str) -> None:
    assert f"\n| [`{name}`](#{name}) |" in PAGE
    assert f"\n### {name}\n" in PAGE


@pytest.mark.parametrize("kind", OWN)
def test_it_runs_somewhere(kind: type[Judge]) -> None:
    assert kind.runs_in in ("process", "engine")
