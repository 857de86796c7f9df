import random
from pathlib import Path

import pytest
import torch
from tiny_models import ARCHITECTURES, make_policy

from raylign import logprobs
from raylign.collate import collate
from raylign.logprobs import response_logprobs, score, token_logprobs


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logprobs, "CHUNK_ELEMENTS", {"cpu": 25})


def load(directory: Path, **settings: object) -> torch.nn.Module:
    from actors.models import load_policy

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


def test_scores_come_in_the_order_of_the_pairs_and_not_by_it(tmp_path: Path) -> None:
    model = load(tmp_path)
    rng = random.Random(0)
    pairs = [
        (tuple(rng.randrange(4, 90) for _ in range(rng.randint(1, 9))), tuple(rng.randrange(4, 90) for _ in range(n)))
        for n in (3, 1, 7, 2, 5, 0, 4)
    ]
    scores = score(model, pairs, temperature=1.0, tokens_per_batch=40)
    assert [len(row) for row in scores] == [3, 1, 7, 2, 5, 0, 4]
    assert score(model, pairs[::-1], temperature=1.0, tokens_per_batch=40) == scores[::-1]
    for row, pair in zip(scores, pairs, strict=True):
        (alone,) = score(model, [pair], temperature=1.0, tokens_per_batch=1)
        assert row == pytest.approx(alone, abs=3e-6)
