import pytest

from raylign.plan.memory.adapters import Adapters, adapters
from raylign.plan.model_files import ModelInfo
from raylign.spec.parts import LoRA


@pytest.mark.parametrize(
    ("targets", "parameters", "covered"),
    [
        ("all-linear", 2 * 116, 2 * 120),
        (("q_proj",), 2 * 2 * 8, 2 * 16),
        (("q_proj", "self_attn.k_proj"), 2 * (2 * 8 + 2 * 6), 2 * (16 + 8)),
        (("proj",), 0, 0),
    ],
)
def test_layers_are_found_by_name(
    tiny: ModelInfo, targets: str | tuple[str, ...], parameters: int, covered: int
) -> None:
    lora = LoRA(rank=2, targets=targets)  # type: ignore[arg-type]
    assert adapters(tiny, lora) == Adapters(parameters=parameters, covered=covered)
