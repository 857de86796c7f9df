"""An adapted layer computes with the weights that are published."""

from pathlib import Path

import pytest
from depths import proof
from training_cases import WHOLE, assert_same_bits, make_examples, make_job, make_trainer, take_steps, weights

from actors.loading import load_policy
from benchmarks.tiny_models import make_policy
from raylign.tensors.logprobs import batched_logprobs

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


@pytest.mark.parametrize(
    ("architecture", "dtype", "rate"),
    [
        ("llama", "bfloat16", 1e-6),
        ("llama", "float32", 1e-2),
        ("gpt2", "bfloat16", 1e-2),
        proof("llama", "float32", 1e-6),
        proof("llama", "bfloat16", 1e-2),
        proof("gpt2", "float32", 1e-6),
        proof("gpt2", "float32", 1e-2),
        proof("gpt2", "bfloat16", 1e-6),
    ],
)
def test_adapters_train_the_very_policy_that_is_published_and_saved(
    tmp_path: Path, architecture: str, dtype: str, rate: float
) -> None:
    """At small rates in bfloat16 most of an update is less than the weights' rounding."""
    base = make_policy(tmp_path / "base", architecture=architecture)
    trainer = make_trainer(make_job(base, dtype=dtype, lora={"rank": 4}, learning_rate=rate))
    take_steps(trainer, range(2))
    sequences = [s for example in make_examples(9) for s in example.sequences]
    trainer.save(tmp_path)
    saved = load_policy(str(tmp_path / "policy"), dtype=dtype, device="cpu")
    published = weights(trainer)
    assert_same_bits({name: tensor for name, tensor in saved.state_dict().items() if name in published}, published)
    pairs = [(s.prompt_ids, s.response_ids) for s in sequences]
    expected = batched_logprobs(saved, pairs, temperature=0.9, tokens_per_batch=WHOLE)
    # Where a tensor lies in memory decides float32's last bit; one update lost to rounding would be seen a hundredfold.
    for one, other in zip(trainer.score(sequences), expected, strict=True):
        assert one == pytest.approx(other, abs=2e-6 if dtype == "float32" else 0)


def test_adapters_on_transposed_weights_merge_as_they_train(tmp_path: Path) -> None:
    gpt2 = make_policy(tmp_path / "gpt2", architecture="gpt2")
    trainer = make_trainer(make_job(gpt2, lora={"rank": 4}))
    take_steps(trainer, range(3))
    sequences = [s for example in make_examples(9) for s in example.sequences]
    actual = trainer.score(sequences)
    trainer.save(tmp_path)
    merged = load_policy(str(tmp_path / "policy"), dtype="float32", device="cpu")
    pairs = [(s.prompt_ids, s.response_ids) for s in sequences]
    for one, other in zip(
        actual, batched_logprobs(merged, pairs, temperature=0.9, tokens_per_batch=WHOLE), strict=True
    ):
        assert one == pytest.approx(other, abs=1e-5)
