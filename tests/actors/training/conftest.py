import gc
from pathlib import Path

import pytest

from benchmarks.tiny_models import make_policy


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny policy on disk."""
    return make_policy(tmp_path_factory.mktemp("policy"))


@pytest.fixture(autouse=True)
def only_its_own_garbage() -> None:
    """DeepSpeed collects garbage often: it need not look at all that was there before the test."""
    gc.freeze()
