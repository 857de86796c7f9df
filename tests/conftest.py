"""What holds for every test."""

import atexit
import gc
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import certifi
import pytest
from hypothesis import HealthCheck, settings

gc.disable()  # until all tests are collected: what is imported stays

# What httpx trusts where nothing else is said: one authority in place of a hundred and fifty, read for every client.
_, _authority = tempfile.mkstemp()
with open(_authority, "w") as file:
    end = "-----END CERTIFICATE-----"
    file.write(certifi.contents().partition(end)[0] + end)
os.environ["SSL_CERT_FILE"] = _authority

# Laws are tried on as many examples as find what breaks; `make proof` looks longer. How long one takes says how busy
# the machine is.
BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", BUSY, max_examples=15)
settings.register_profile("proof", BUSY, max_examples=500)
settings.load_profile("quick")


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """A test may change how many threads compute; afterwards it is as many as before."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def shared_ray() -> Iterator[str]:
    """The address of a Ray for all that ask only that one be there: each would start seven processes of its own."""
    import ray

    context = ray.init(address="local", include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield context.address_info["address"]
    ray.shutdown()


@pytest.fixture
def on_shared_ray(shared_ray: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test starts runs there."""
    monkeypatch.setenv("RAY_ADDRESS", shared_ray)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where files stay in one process each, those of `actors` stay together: they share one of vLLM's."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "tests/actors" if nodeid.startswith("tests/actors/") else super()._split_scope(nodeid)

    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Before the first test, in each process that runs some: the one that only hands them out imports no torch."""
    from raylign.tensors.threads import use_threads

    use_threads(1)  # models here are so small that a second thread costs more than it computes
    # What was imported stays: collecting garbage, which DeepSpeed does often, need not look at it again.
    gc.freeze()
    gc.enable()
    atexit.register(gc.unfreeze)
