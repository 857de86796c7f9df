"""What may be said of a W&B run. One is made, and read back, in tests/e2e/test_examples.py."""

import pytest
from pydantic import ValidationError

from raylign.trackers.wandb import WeightsAndBiases


@pytest.mark.parametrize("field", ["project", "team", "group"])
@pytest.mark.parametrize("name", ["a/../b", "", "-x", "a?b", "x" * 101])
def test_names_are_names_and_no_paths(field, name):
    with pytest.raises(ValidationError, match=field):
        WeightsAndBiases(**{field: name})


def test_server_and_key_are_the_environment_s():
    assert not {"api_key", "base_url", "host"} & WeightsAndBiases.model_fields.keys()
    assert WeightsAndBiases(project="my project", tags=["a", "b"]).address is None
