"""The sizing table: models of the sizes they are said to have, and the page's own figures."""

import re
from pathlib import Path

import pytest

from benchmarks import sizing

PAGE = Path(__file__).parents[2] / "docs/operations.md"


@pytest.mark.parametrize(("name", "parameters"), [("7B", 6738415616), ("13B", 13015864320), ("70B", 68976648192)])
def test_models_have_as_many_parameters_as_their_makers_say(name: str, parameters: int) -> None:
    assert sizing.model(name).parameters == parameters


def test_a_bfloat16_reference_is_its_weights_and_little_more() -> None:
    size = sizing.need("7B", sizing.job("LoRA 16, 8 ranks"), "reference")
    assert 6738415616 * 2 / 2**30 < size < 1.3 * 6738415616 * 2 / 2**30


def test_what_does_not_fit_is_in_brackets() -> None:
    assert (sizing.told(79.6, 80), sizing.told(80.4, 80), sizing.told(None, 80)) == ("80", "[80]", "none")
    assert sizing.engine("70B", sizing.job("LoRA 16, 8 ranks"), 80).endswith(" x 2")


def test_the_page_has_what_the_command_prints() -> None:
    """Else: `python -m benchmarks.sizing`."""
    said = re.findall(r"^\| (\w+B) \| ([^|]+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert said == [
        (name, training, " | ".join(sizing.row(name, training, 80)))
        for name in sizing.CONFIGS
        for training in sizing.TRAININGS
    ]
