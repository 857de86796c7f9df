"""The plain engine: its weights are replaced with the same proof."""

import json
from pathlib import Path

import pytest
from landing_cases import plain, score, serve, start, update, weights

from actors.sampling.transformers_engine import TransformersEngine
from actors.weights.weight_update import view
from benchmarks.parity import policy
from raylign.errors import PublishFailed, RunError
from raylign.types import Prompt, Request


@pytest.mark.parametrize("architecture", ["llama", "llama-tied", "qwen3_moe", "gpt2"])
def test_the_transformers_engine_takes_weights_with_the_same_proof(folder: Path, architecture: str) -> None:
    old, new = (policy(folder, architecture, seed) for seed in (0, 1))
    start("transformers", old)
    good = weights(new)
    assert score() == pytest.approx(plain(old), abs=1e-5)
    proof = update(view(good.items()), 0)
    assert proof["tensors_checked"] == len(good)
    assert score() == pytest.approx(plain(new), abs=1e-5)
    for tensor in good.values():
        tensor.zero_()  # the engine's weights are its own: they do not follow what was sent
    assert score() == pytest.approx(plain(new), abs=1e-5)
    victim = next(name for name in good if "down_proj" in name or "c_fc" in name)
    with pytest.raises(PublishFailed, match=r"was not sent|refused"):
        update(view((name, tensor) for name, tensor in good.items() if name != victim), 1)
    with pytest.raises(RunError, match="last update failed after weights version 0"):
        serve(0)


def test_a_policy_without_an_end_samples_as_many_tokens_as_it_may(tmp_path: Path) -> None:
    model = policy(tmp_path, "llama", 0)
    for name, unset in (("config.json", "eos_token_id"), ("tokenizer_config.json", "eos_token")):
        (model / name).write_text(json.dumps({**json.loads((model / name).read_text()), unset: None}))
    (model / "generation_config.json").unlink()
    engine = TransformersEngine(
        model=str(model), weights=None, dtype="float32", device="cpu", threads=1, context_tokens=None
    )
    prompt = Prompt(task="t", id="t/0", text="", question="", messages=(), token_ids=(2, 14))
    ((made,),) = engine.generate([Request(prompt=prompt, index=0, seed=0, max_tokens=8, min_tokens=4)])
    assert (len(made[1].token_ids), made[1].finish) == (8, "length")
