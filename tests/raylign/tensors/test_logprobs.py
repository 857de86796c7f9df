import random
from pathlib import Path

import pytest
import torch
from depths import deep
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

from benchmarks.tiny_models import ARCHITECTURES, SHAPE, make_policy
from raylign.tensors import logprobs
from raylign.tensors.collate import collate, repeated_prompts
from raylign.tensors.logprobs import Bar, batched_logprobs, response_logprobs, token_logprobs
from raylign.tensors.threads import use_threads


def families() -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Three responses each after prompts of 20, 3 and 11 tokens."""
    rng = random.Random(0)
    prompts = [tuple(rng.randrange(4, 90) for _ in range(length)) for length in (20, 3, 11)]
    lengths = [17, 0, 1, 5, 17, 3, 8, 2, 9]
    return [(prompts[i // 3], tuple(rng.randrange(4, 90) for _ in range(n))) for i, n in enumerate(lengths)]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logprobs, "CHUNK_ELEMENTS", {"cpu": 25})


def load(directory: Path, **settings: object) -> torch.nn.Module:
    from actors.loading import load_policy

    return load_policy(str(make_policy(directory, **settings)), dtype="float32", device="cpu")  # type: ignore[arg-type]


@pytest.mark.usefixtures("small_chunks")
def test_value_and_gradient_are_those_of_log_softmax() -> None:
    logits_STV = torch.randn(3, 4, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets_ST = torch.randint(11, (3, 4), generator=torch.Generator().manual_seed(1))
    plain, ours = (logits_STV.clone().requires_grad_() for _ in range(2))
    expected = (plain / 0.7).log_softmax(-1).gather(-1, targets_ST[..., None]).squeeze(-1)
    actual = token_logprobs(ours, targets_ST, temperature=0.7)
    torch.testing.assert_close(actual, expected)
    weights = torch.randn(3, 4, dtype=torch.float64)
    (expected * weights).sum().backward()
    (actual * weights).sum().backward()
    torch.testing.assert_close(ours.grad, plain.grad)
    assert torch.autograd.gradcheck(lambda x: token_logprobs(x, targets_ST, temperature=0.7), ours)


@pytest.mark.usefixtures("small_chunks")
def test_ends_that_are_barred_have_no_probability_and_no_gradient() -> None:
    """As if their logits were minus infinity, where the response could not end; the model's own stay as they are."""
    logits_STV = torch.randn(3, 4, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets_ST = torch.randint(2, 11, (3, 4), generator=torch.Generator().manual_seed(1))
    barred_ST = torch.arange(4) < torch.tensor([0, 2, 4])[:, None]
    plain, ours = (logits_STV.clone().requires_grad_() for _ in range(2))
    mask_STV = barred_ST[..., None] & (torch.arange(11) < 2)
    expected = (plain / 0.7).masked_fill(mask_STV, -torch.inf).log_softmax(-1)
    expected = expected.gather(-1, targets_ST[..., None]).squeeze(-1)
    bar = Bar.of(barred_ST, [0, 1])
    actual = token_logprobs(ours, targets_ST, temperature=0.7, bar=bar)
    torch.testing.assert_close(actual, expected)
    assert torch.equal(ours, logits_STV)
    weights = torch.randn(3, 4, dtype=torch.float64)
    (expected * weights).sum().backward()
    (actual * weights).sum().backward()
    torch.testing.assert_close(ours.grad, plain.grad)
    assert ours.grad is not None
    assert ours.grad[mask_STV].abs().max() == 0
    assert torch.autograd.gradcheck(lambda x: token_logprobs(x, targets_ST, temperature=0.7, bar=bar), ours)
    assert Bar.of(None, [0, 1]) is None
    assert Bar.of(barred_ST, []) is None


def test_bfloat16_logits_are_normalized_in_float32() -> None:
    logits_STV = torch.randn(1, 2, 500, generator=torch.Generator().manual_seed(0)).bfloat16().requires_grad_()
    targets_ST = torch.tensor([[3, 4]])
    actual = token_logprobs(logits_STV, targets_ST, temperature=1.0)
    expected = logits_STV.float().log_softmax(-1).gather(-1, targets_ST[..., None]).squeeze(-1)
    torch.testing.assert_close(actual, expected)
    actual.sum().backward()
    assert logits_STV.grad is not None
    assert logits_STV.grad.dtype == torch.bfloat16


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_padding_and_left_out_logits_change_nothing(architecture: str, tmp_path: Path) -> None:
    model = load(tmp_path, architecture=architecture)
    pairs = [((5, 6, 7, 8), (9, 10, 11, 1)), ((12,), (13,)), ((14, 15), (16, 17, 18))]
    with torch.no_grad():
        actual = response_logprobs(model, collate(pairs), temperature=0.8)
        for row, (prompt, response) in zip(actual, pairs, strict=True):
            logits = model(torch.tensor([[*prompt, *response]])).logits[0] / 0.8
            expected = [logits.log_softmax(-1)[len(prompt) + t - 1, token] for t, token in enumerate(response)]
            torch.testing.assert_close(row[: len(response)], torch.stack(expected), rtol=0, atol=3e-6)
            assert row[len(response) :].tolist() == [0.0] * (4 - len(response))


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [
        *((architecture, {}) for architecture in ARCHITECTURES),
        *((architecture, {"sliding_window": 8}) for architecture in ("mistral", "gemma2", "gemma3_text")),
    ],
)
def test_a_prompt_that_is_read_once_gives_the_same_values_and_gradients(
    architecture: str, shape: dict[str, int], tmp_path: Path
) -> None:
    model = load(tmp_path, architecture=architecture, **shape)
    batch = collate(families())
    results = []
    for share in (False, True):
        model.zero_grad()
        with Reader(model) as reader:
            logprobs_ST = response_logprobs(model, batch, temperature=0.8, share_prompts=share)
        (logprobs_ST * torch.linspace(-1, 1, logprobs_ST.numel()).view_as(logprobs_ST)).sum().backward()
        results.append((reader.shapes, logprobs_ST.detach(), [one.grad.clone() for one in model.parameters()]))
    (whole, expected_ST, gradients), (parts, actual_ST, shared_gradients) = results
    assert whole == [(9, 20 + 17 - 1)]
    assert parts == [(3, 20), (9, 17 - 1)]
    torch.testing.assert_close(actual_ST, expected_ST, rtol=0, atol=3e-6)
    for expected, actual in zip(gradients, shared_gradients, strict=True):
        torch.testing.assert_close(actual, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))


@deep("times", short=3, whole=20)
def test_gradients_of_shared_prompts_are_the_same_bits_every_time(tmp_path: Path, times: int) -> None:
    model = load(tmp_path)
    rng = random.Random(0)
    prompts = [tuple(rng.randrange(4, 90) for _ in range(100)) for _ in range(4)]
    batch = collate([(prompt, (rng.randrange(4, 90), 5, 6)) for _ in range(12) for prompt in prompts])

    def gradients() -> list[torch.Tensor]:
        model.zero_grad()
        response_logprobs(model, batch, temperature=1.0).sum().backward()
        return [one.grad.clone() for one in model.parameters()]

    use_threads(2)
    first = gradients()
    for _ in range(times):
        assert all(torch.equal(one, other) for one, other in zip(first, gradients(), strict=True))


def test_barred_ends_are_the_same_whether_prompts_are_shared_or_not(tmp_path: Path) -> None:
    model, pairs, ends = load(tmp_path), families(), [1, 7, 30]
    barred = [min(3, len(response)) for _, response in pairs]
    batch = collate(
        [(prompt, tuple(2 if t in ends else t for t in response)) for prompt, response in pairs], barred=barred
    )
    with torch.no_grad():
        free_ST = response_logprobs(model, batch, temperature=0.8)
        whole_ST, shared_ST = (
            response_logprobs(model, batch, temperature=0.8, ends=ends, share_prompts=share) for share in (False, True)
        )
    torch.testing.assert_close(shared_ST, whole_ST, rtol=0, atol=3e-6)
    assert bool((whole_ST[:, :3] >= free_ST[:, :3] - 1e-5).all())
    assert float((whole_ST[:, :3] - free_ST[:, :3]).max()) > 1e-3
    torch.testing.assert_close(whole_ST[:, 3:], free_ST[:, 3:], rtol=0, atol=3e-6)
    assert bool(whole_ST.isfinite().all())


def test_prompts_are_read_once_only_where_that_pays(tmp_path: Path) -> None:
    model = load(tmp_path)
    one, long, other = (5, 6), (7,) * 30, (8, 9)
    for pairs in ([(one, long)] * 4, [(one, (3,))] * 4, [(one, (3, 4)), (other, (3, 4))]):
        with Reader(model) as reader, torch.no_grad():
            response_logprobs(model, collate(pairs), temperature=1.0)
        assert len(reader.shapes) == 1


STATEFUL = {
    "lfm2": {"layer_types": ["conv", "full_attention"], "block_ff_dim": 64},
    "mamba": {"state_size": 4},
    "qwen3_next": {
        "layer_types": ["linear_attention", "full_attention"],
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "shared_expert_intermediate_size": 16,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 2,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
    },
}


@pytest.mark.parametrize("architecture", STATEFUL)
def test_a_model_that_keeps_a_state_reads_every_prompt(architecture: str) -> None:
    config = CONFIG_MAPPING[architecture](**{**SHAPE, **STATEFUL[architecture]})  # type: ignore[dict-item]
    model = AutoModelForCausalLM.from_config(config).eval()
    batch = collate([((5, 6, 7, 8), (9, 10, response)) for response in range(11, 15)])
    with torch.no_grad():
        actual, expected = (
            response_logprobs(model, batch, temperature=1.0, share_prompts=share) for share in (True, False)
        )
    assert torch.equal(actual, expected)
    assert repeated_prompts(batch)


class Reader:
    """The shapes of what a model is given to read."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self._hook = model.register_forward_pre_hook(
            lambda _, __, given: self.shapes.append(tuple(given["input_ids"].shape)), with_kwargs=True
        )

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.remove()


def test_scores_come_in_the_order_of_the_pairs_and_not_by_it(tmp_path: Path) -> None:
    model = load(tmp_path)
    rng = random.Random(0)
    pairs = [
        (tuple(rng.randrange(4, 90) for _ in range(rng.randint(1, 9))), tuple(rng.randrange(4, 90) for _ in range(n)))
        for n in (3, 1, 7, 2, 5, 0, 4)
    ]
    scores = batched_logprobs(model, pairs, temperature=1.0, tokens_per_batch=40)
    assert [len(row) for row in scores] == [3, 1, 7, 2, 5, 0, 4]
    assert batched_logprobs(model, pairs[::-1], temperature=1.0, tokens_per_batch=40) == scores[::-1]
    for row, pair in zip(scores, pairs, strict=True):
        (alone,) = batched_logprobs(model, [pair], temperature=1.0, tokens_per_batch=1)
        assert row == pytest.approx(alone, abs=3e-6)
