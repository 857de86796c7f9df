from collections.abc import Iterator
from pathlib import Path

import pytest
import torch.distributed as dist
from engine_process import Call, engine_process
from landing_cases import start

from actors.training.zero import leave_process_group
from benchmarks.parity import policy


@pytest.fixture(scope="module")
def process_group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One for all trainers of this process: a trainer that finds a group leaves it alone."""
    store = tmp_path_factory.mktemp("group") / "store"
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=0, world_size=1)
    yield
    leave_process_group()


@pytest.fixture(scope="module")
def one_rank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The same for tests that leave DeepSpeed alone."""
    store = tmp_path_factory.mktemp("group") / "store"
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a module's policies lie, each made once."""
    return tmp_path_factory.mktemp("policies")


@pytest.fixture(scope="session")
def vllm_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    """One for all that are content with an engine of any history: vLLM takes ten seconds to import.

    A mixture of experts is its first model: vLLM makes the experts' process group only once, with the first one.
    """
    with engine_process() as call:
        call(start, "vllm", policy(tmp_path_factory.mktemp("mixture"), "qwen3_moe", 0))
        yield call
