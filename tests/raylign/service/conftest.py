from collections.abc import Iterator

import pytest
from service import Service, live_service


@pytest.fixture(scope="session")
def kept_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests that ask for nothing particular: to build its routes takes longer than most of them."""
    with live_service(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def service(kept_service: Service) -> Service:
    """A live gateway with a fake Ray, as new."""
    kept_service.clean()
    return kept_service
