"""What holds for every test of the suite."""

import gc

import pytest

from raylign.tensors.threads import use_threads

use_threads(1)  # models here are so small that a second thread costs more than it computes


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays: collecting garbage, which DeepSpeed does often, need not look at it again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    gc.unfreeze()
