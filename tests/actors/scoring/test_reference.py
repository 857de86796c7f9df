from pathlib import Path

import pytest
from training_cases import make_examples

from actors.scoring.reference import ReferenceWorker
from benchmarks.tiny_models import make_policy


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
