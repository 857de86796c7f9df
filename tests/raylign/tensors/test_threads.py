import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from raylign.tensors.threads import use_threads

ROOT = Path(__file__).parents[3]


class Calls(TorchDispatchMode):
    """What is computed, of how many numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, torch.dtype, int]] = set()

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), settings: Any = None) -> Any:
        if arguments and isinstance(arguments[0], torch.Tensor):
            self.seen.add((function.overloadpacket.__name__, arguments[0].dtype, arguments[0].numel()))
        return function(*arguments, **(settings or {}))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_functions_that_models_use_are_first_called_on_one_number(dtype: torch.dtype) -> None:
    with Calls() as calls:
        use_threads(2)
    assert torch.get_num_threads() == 2
    for name in ("cos", "sin", "exp", "log", "sqrt", "rsqrt", "tanh", "erf", "log1p"):
        assert (name, dtype, 1) in calls.seen
    assert {numbers for _, _, numbers in calls.seen} == {1}


def test_no_worker_sets_its_threads_otherwise() -> None:
    found = [
        str(path.relative_to(ROOT))
        for folder in ("raylign", "actors")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if re.search(r"set_num_threads\(", path.read_text())
    ]
    assert found == ["raylign/tensors/threads.py"]
