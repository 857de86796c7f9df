from collections.abc import Iterator
from pathlib import Path

import pytest
from service import Service, live_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A live gateway with a fake Ray."""
    with live_service(tmp_path) as running:
        yield running
