import re
from pathlib import Path
from typing import Any

import pytest
import torch
from engine_process import Call, kept
from landing_cases import PROMPT, plain, score, serve, start, update, weights

from actors.loading import load_policy
from actors.sampling.rollout import SAMPLE
from actors.weights import landing
from actors.weights.weight_update import WeightUpdate, view
from benchmarks.parity import ARCHITECTURES, policy
from raylign.errors import PublishFailed, RunError
from raylign.tensors import logprobs
from raylign.types import Completion, Prompt, Request

pytestmark = pytest.mark.vllm

FORGOTTEN = {
    "qwen3_moe": ("repack_experts", "experts.0.down_proj.weight' differs"),
    "llama-tied": ("share_tied_handles", "'model.embed_tokens.weight' differs"),
}
"""What vLLM forgets when it reloads, and what a proof says of it."""


def sample(temperature: float, version: int) -> list[tuple[Prompt, Completion]]:
    prompts = {
        f"t/{number}": Prompt(
            task="t", id=f"t/{number}", text="", question="", messages=(), token_ids=(*PROMPT[:-1], number)
        )
        for number in range(4, 36)
    }
    asked = [
        Request(prompt=prompt, index=0, seed=0, temperature=temperature, max_tokens=1 + 3 * (number % 8))
        for number, prompt in enumerate(prompts.values())
    ]
    return [(prompts[one.prompt_id], one) for handful in kept().generate(asked, version) for one in handful]


def update_astray(sent: WeightUpdate, version: int, name: str) -> dict[str, Any]:
    """An update after which the engine's own copy of one parameter is changed, as a misplacing loader would."""

    from actors.weights import worker

    def astray(model: torch.nn.Module, *asked: Any) -> landing.Landing:
        model.get_parameter(name).data[0] += 1
        return landing.prove(model, *asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "prove", astray)
        return update(sent, version, verify_all=False)


def update_without(repair: str, sent: WeightUpdate, version: int) -> dict[str, Any]:
    """An update without one of the repairs of `actors.weights.object_store`."""
    from actors.weights import object_store

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(object_store, repair, lambda model: None)
        return update(sent, version)


def assert_sampled_under(model: Path, made: list[tuple[Prompt, Completion]], temperature: float) -> None:
    """The sampler's log-probs are those by which trainer and reference go."""
    policy = load_policy(str(model), dtype="float32", device="cpu")
    pairs = [(prompt.token_ids, one.token_ids) for prompt, one in made]
    expected = logprobs.batched_logprobs(policy, pairs, temperature=temperature, tokens_per_batch=400)
    for (_, one), values in zip(made, expected, strict=True):
        assert one.logprobs == pytest.approx(values, abs=1e-4)


@pytest.fixture(scope="module")
def call(vllm_process: Call) -> Call:
    return vllm_process


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_vllm_scores_as_transformers_before_and_after_an_update(call: Call, folder: Path, architecture: str) -> None:
    old, new = (policy(folder, architecture, seed) for seed in (0, 1))
    call(start, "vllm", old)
    assert call(score) == pytest.approx(plain(old), abs=1e-4)
    sent = view(weights(new).items())
    proof = call(update, sent, 0)
    assert proof["tensors_checked"] == proof["tensors"] == len(sent.table)
    assert proof["bytes"] == sent.nbytes
    assert call(score) == pytest.approx(plain(new), abs=1e-4)
    assert call(serve, 0) == 1
    ends = set()
    for temperature in (0.7, 1.0, 1.3):
        made = call(sample, temperature, 0)
        assert_sampled_under(new, made, temperature)
        ends |= {one.finish for _, one in made}
    assert ends == {"stop", "length"}
    if architecture in FORGOTTEN:
        repair, complaint = FORGOTTEN[architecture]
        with pytest.raises(PublishFailed, match=re.escape(complaint)):
            call(update_without, repair, view(weights(old).items()), 1)
        with pytest.raises(RunError, match="last update failed after weights version 0"):
            call(serve, 0)


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_what_did_not_land_is_not_served(call: Call, folder: Path, architecture: str) -> None:
    old, new = (policy(folder, architecture, seed) for seed in (0, 1))
    call(start, "vllm", old)
    good = weights(new)
    victim = next(name for name in good if "c_attn" in name or "k_proj" in name)
    partial = {name: tensor for name, tensor in good.items() if name != victim}
    with pytest.raises(PublishFailed, match="was not sent"):
        call(update, view(partial.items()), 0)
    with pytest.raises(RunError, match="last update failed after the weights it was started on"):
        call(serve, None)
    assert call(update, view(good.items()), 0)["version"] == 0
    assert call(serve, 0) == 1


def test_a_bit_flipped_in_flight_is_seen_before_it_is_loaded(call: Call, folder: Path) -> None:
    old, new = (policy(folder, "llama", seed) for seed in (0, 1))
    call(start, "vllm", old)
    sent = view(weights(new).items())
    sent.buffers[4][0] ^= 1
    with pytest.raises(PublishFailed, match=f"damaged in 1 tensors, first '{sent.table[4].name}'"):
        call(update, sent, 0, False)
    assert call(serve, None) == 1
    assert call(score) == pytest.approx(plain(old), abs=1e-4)


def test_the_sample_moves_over_all_tensors(call: Call, folder: Path) -> None:
    """A parameter that is always misplaced is found within one turn, whichever it is."""
    old, new = (policy(folder, "llama", seed) for seed in (0, 1))
    call(start, "vllm", old)
    sent = view(weights(new).items())
    victim = "model.layers.1.post_attention_layernorm.weight"
    turn = [entry.name for entry in sent.table].index(victim) % SAMPLE
    for version in range(SAMPLE):
        if version != turn:
            assert call(update_astray, sent, version, victim)["tensors_checked"] < len(sent.table)
    with pytest.raises(PublishFailed, match=re.escape(f"{victim!r} differs")):
        call(update_astray, sent, turn, victim)


def test_a_tensor_without_a_place_is_refused(call: Call, folder: Path) -> None:
    """The last in its process: a refusal half way through leaves an engine that cannot be used again."""
    old, new = (policy(folder, "llama", seed) for seed in (0, 1))
    call(start, "vllm", old)
    extra = {**weights(new), "model.layers.0.mlp.extra.weight": torch.zeros(3)}
    with pytest.raises(PublishFailed, match="extra"):
        call(update, view(extra.items()), 0)
    with pytest.raises(RunError, match="last update failed after the weights it was started on"):
        call(serve, None)
