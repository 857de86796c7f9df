"""Adapters: put on, trained alone, merged, saved."""

from pathlib import Path

import pytest
import torch
from peft import PeftConfig, PeftModel
from training_cases import WHOLE, assert_close, make_examples, make_job, make_trainer, take_steps, weights
from transformers import AutoModelForCausalLM

from actors.loading import load_policy
from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError
from raylign.tensors.logprobs import batched_logprobs

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


def test_adapters_alone_are_trained_and_merge_into_what_is_exported(model: Path, tmp_path: Path) -> None:
    trainer = make_trainer(make_job(model, lora={"rank": 4}))
    before = weights(trainer)
    take_steps(trainer, range(3))
    after = weights(trainer)
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed == {name for name in after if "_proj" in name}
    trainer.save(tmp_path)
    pairs = [(s.prompt_ids, s.response_ids) for example in make_examples(9) for s in example.sequences]
    merged = load_policy(str(tmp_path / "policy"), dtype="float32", device="cpu")
    expected = batched_logprobs(merged, pairs, temperature=0.9, tokens_per_batch=WHOLE)
    actual = trainer.score([s for example in make_examples(9) for s in example.sequences])
    for one, other in zip(actual, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_adapters_are_saved_beside_the_merged_model(tmp_path: Path, architecture: str) -> None:
    base = make_policy(tmp_path / "base", architecture=architecture)
    trainer = make_trainer(make_job(base, lora={"rank": 4}))
    take_steps(trainer, range(2))
    trainer.save(tmp_path)
    adapter = tmp_path / "policy" / "adapter"
    assert PeftConfig.from_pretrained(adapter).base_model_name_or_path == str(base)
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter)
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "policy")
    assert_close(adapted.merge_and_unload().state_dict(), merged.state_dict(), 1e-6)


def test_adapter_targets_that_fit_no_module_are_refused(model: Path) -> None:
    with pytest.raises(SpecError, match="no_such_module"):
        make_trainer(make_job(model, lora={"targets": ["no_such_module"]}))
