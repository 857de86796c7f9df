from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_cases import make_examples

from actors.loading import load_policy
from actors.scoring.moved import WEIGHTS
from actors.scoring.reference import ReferenceWorker
from actors.weights.checkpoint_names import checkpoint_tensors
from actors.weights.weight_update import view
from benchmarks.tiny_models import make_policy
from raylign.errors import PublishFailed


def test_where_a_response_could_not_end_the_policys_ends_have_no_probability(tmp_path: Path) -> None:
    model = str(make_policy(tmp_path))
    settings = {"dtype": "float32", "temperature": 0.9, "tokens_per_microbatch": 60, "device": "cpu", "threads": 1}
    free = ReferenceWorker(model=model, **settings)  # type: ignore[arg-type]
    barring = ReferenceWorker(model=model, policy=model, **settings)  # type: ignore[arg-type]
    pairs = [((5, 6), (7, 8, 9)), ((5, 6, 7), (8, 9, 10))]
    first, second = barring.score(pairs, [2, 0])
    plain, same = free.score(pairs)
    assert all(one > other for one, other in zip(first[:2], plain[:2], strict=True))
    assert (first[2], second) == (pytest.approx(plain[2]), pytest.approx(same))
    assert barring.score(pairs) == free.score(pairs)


def test_the_same_pairs_give_the_same_bits_in_any_order(tmp_path: Path) -> None:
    reference = ReferenceWorker(
        model=str(make_policy(tmp_path)),
        dtype="float32",
        temperature=0.9,
        tokens_per_microbatch=60,
        device="cpu",
        threads=1,
    )
    pairs = [(s.prompt_ids, s.response_ids) for example in make_examples(3) for s in example.sequences]
    scores = reference.score(pairs)
    assert [len(row) for row in scores] == [len(response) for _, response in pairs]
    assert reference.score(pairs[::-1]) == scores[::-1]
    assert reference.score([]) == []


def test_embeddings_come_in_the_order_of_the_pairs_one_width_each(tmp_path: Path) -> None:
    settings = {"dtype": "float32", "temperature": 0.9, "tokens_per_microbatch": 60, "device": "cpu", "threads": 1}
    reference = ReferenceWorker(model=str(make_policy(tmp_path)), **settings)  # type: ignore[arg-type]
    pairs = [(s.prompt_ids, s.response_ids) for example in make_examples(3) for s in example.sequences]
    embeddings = reference.embed(pairs)
    assert len({len(one) for one in embeddings}) == 1
    assert reference.embed(pairs[::-1]) == embeddings[::-1]


def test_it_moves_a_share_of_the_way_to_the_policy_and_is_found_there_again(tmp_path: Path) -> None:
    settings = {"dtype": "float32", "temperature": 0.9, "tokens_per_microbatch": 60, "device": "cpu", "threads": 1}
    start, other = str(make_policy(tmp_path / "start")), str(make_policy(tmp_path / "other", seed=1))
    pairs = [((5, 6), (7, 8, 9))]
    reference = ReferenceWorker(model=start, **settings)  # type: ignore[arg-type]
    policy = load_policy(other, dtype="float32", device="cpu")
    update = view(checkpoint_tensors(policy, dict(policy.named_parameters())).items())
    before, (hard, soft) = reference.score(pairs), (str(tmp_path / "step-1"), str(tmp_path / "step-2"))
    reference.follow(1.0, hard, None, update)
    at_policy = ReferenceWorker(model=other, **settings).score(pairs)  # type: ignore[arg-type]
    assert reference.score(pairs, (), hard) == at_policy != before
    assert reference.score(pairs) == before  # whoever names no weights means those it began with
    reference.follow(0.25, soft, None, update)
    held, first, second = (load_file(Path(one) / WEIGHTS) for one in (soft, f"{start}", f"{other}"))
    name = next(iter(held))
    assert torch.allclose(held[name], 0.75 * first[name] + 0.25 * second[name], atol=1e-7)
    again = ReferenceWorker(model=start, **settings)  # type: ignore[arg-type]
    assert again.score(pairs, (), soft) == reference.score(pairs, (), soft) != before
    reference.follow(0.5, soft, soft, update)  # over what lies there, from there
    moved_on = load_file(Path(soft) / WEIGHTS)
    assert torch.allclose(moved_on[name], 0.5 * held[name] + 0.5 * second[name], atol=1e-7)


def test_a_damaged_update_moves_nothing(tmp_path: Path) -> None:
    settings = {"dtype": "float32", "temperature": 0.9, "tokens_per_microbatch": 60, "device": "cpu", "threads": 1}
    reference = ReferenceWorker(model=str(make_policy(tmp_path)), **settings)  # type: ignore[arg-type]
    update = view({"model.embed_tokens.weight": torch.ones(3)}.items())
    with pytest.raises(PublishFailed, match="do not have the same tensors"):
        reference.follow(1.0, str(tmp_path / "step-1"), None, update)
    broken = replace(update, table=(replace(update.table[0], checksum="0"),))
    with pytest.raises(PublishFailed, match="arrived damaged"):
        reference.follow(1.0, str(tmp_path / "step-1"), None, broken)
    assert not (tmp_path / "step-1").exists()
