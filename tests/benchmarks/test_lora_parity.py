"""The figures are made by the command; here, that it measures one policy, and complains where there are two."""

from pathlib import Path

import pytest

from benchmarks import lora_parity, parity


@pytest.mark.filterwarnings("ignore")  # DeepSpeed's own
def test_trainer_engine_and_saved_model_are_one_policy_at_a_rate_that_bfloat16_cannot_show(tmp_path: Path) -> None:
    model = parity.policy(tmp_path, "llama", 0)
    (row,) = lora_parity.compare("llama", model, "transformers", (1e-6,))
    assert row["saved"] == 0
    assert row["after"] == pytest.approx(row["before"], rel=0.5)
    assert lora_parity.above([row]) == []


def test_two_policies_are_named() -> None:
    good = {"architecture": "llama", "learning_rate": 1e-6, "saved": 0.0, "before": 1e-3, "after": 1e-3}
    assert lora_parity.above([good]) == []
    apart = lora_parity.above([{**good, "saved": 1e-3}, {**good, "after": 2e-3}])
    assert apart == [
        "LoRA on llama at learning rate 1e-06: trainer and saved model differ by 1.0e-03",
        "LoRA on llama at learning rate 1e-06: engine and trainer are 2.0e-03 apart, 1.0e-03 before the steps",
    ]
