"""What an actor is started with."""

import pytest

from actors.fleet import environment
from raylign.judges import libraries
from raylign.plan.plan import ActorPlan


def test_judges_get_the_operators_libraries_whatever_node_they_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = ActorPlan(
        name="judge/0", role="judge", index=0, cpus=1.0, gpus=0.0, threads=1, model="", memory={}, unknown=()
    )
    assert libraries.VARIABLE not in environment(actor, "cpu")
    monkeypatch.setenv(libraries.VARIABLE, "numpy")
    assert environment(actor, "cpu")[libraries.VARIABLE] == "numpy"
