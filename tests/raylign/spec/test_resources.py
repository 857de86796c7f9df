"""Nodes by their labels, and variables of actors: what a job may say."""

import pytest
from pydantic import ValidationError

from raylign.spec.labels import matches
from raylign.spec.resources import Resources


@pytest.mark.parametrize(
    ("asked", "held", "meant"),
    [
        ("H100", "H100", True), ("H100", "H200", False), ("H100", None, False), ("!H100", "H200", True),
        ("!H100", "H100", False), ("!H100", None, True), ("in(a, b)", "b", True), ("in(a,b)", "c", False),
        ("!in(a,b)", "a", False), ("!in(a,b)", None, True),
    ],
)  # fmt: skip
def test_selectors_are_rays(asked: str, held: str | None, meant: bool) -> None:
    assert matches({"zone": asked}, {} if held is None else {"zone": held}) is meant


def test_a_role_s_labels_add_to_those_of_all() -> None:
    made = Resources(nodes={"all": {"zone": "a", "x/y": "1"}, "rollout": {"zone": "b"}})
    assert made.labels_of("rollout") == {"zone": "b", "x/y": "1"}
    assert made.labels_of("policy") == {"zone": "a", "x/y": "1"}


@pytest.mark.parametrize(
    "settings",
    [
        {"nodes": {"rolout": {"zone": "a"}}},
        {"nodes": {"all": {"zone": "a; b"}}},
        {"nodes": {"all": {"zone": "in()"}}},
        {"env": {"LD_PRELOAD": "x"}},
        {"env": {"PATH": "x"}},
        {"env": {"nccl_debug": "x"}},
    ],
)
def test_what_is_no_role_label_or_variable_of_networks_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Resources.model_validate(settings)
