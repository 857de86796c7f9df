from pathlib import Path

from training_cases import make_examples

from actors.scoring.reference import ReferenceWorker
from benchmarks.tiny_models import make_policy


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
