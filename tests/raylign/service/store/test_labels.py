"""Label queues in the store, on either database."""

import pytest

from raylign.errors import LabelQueueNotFound, OverQuota, SpecError, Taken
from raylign.service.store import LabelPair, LabelQueueRecord, Store
from raylign.service.store.labels import LABELLERS, MOST

PAIRS = [
    LabelPair(key=f"{at:016x}", pair={"asked": {"prompt": f"?\x00{at}"}, "responses": ["a", "b"], "metadata": {}})
    for at in (3, 1, 2)
]


def queue(number: int = 0, tenant: str = "acme", **told: str) -> LabelQueueRecord:
    values = {"id": f"lq_{tenant}{number}", "name": f"q{number}", **told}
    return LabelQueueRecord(
        tenant=tenant, source="dataset d", seed=2**63 - 1, pairs=3, passed_over={"tie": 1}, **values
    )


def test_pairs_come_in_their_order_until_each_has_a_word_and_the_last_word_counts(store: Store) -> None:
    made = queue()
    store.add_label_queue(made, PAIRS)
    assert store.label_queue("acme", "q0") == store.label_queue("acme", made.id) == store.label_queues(None)[0] == made
    assert store.label_pairs(made.id) == PAIRS
    for at, pair in enumerate(PAIRS):
        assert store.next_pair(made.id, "anna") == (pair, at)
        store.say_label(made.id, pair.key, "anna", "first")
    assert store.next_pair(made.id, "anna") == (None, 3)
    assert store.next_pair(made.id, "bert") == (PAIRS[0], 0)
    store.say_label(made.id, PAIRS[1].key, "anna", "tie")
    store.say_label(made.id, PAIRS[1].key, "bert", "skip")
    store.say_label(made.id, PAIRS[2].key, "anna", None)
    assert store.next_pair(made.id, "anna") == (PAIRS[2], 2)
    assert store.labels_of(made.id) == {PAIRS[0].key: {"anna": "first"}, PAIRS[1].key: {"anna": "tie", "bert": "skip"}}
    with pytest.raises(LabelQueueNotFound, match="has no pair 'f'"):
        store.say_label(made.id, "f", "anna", "first")
    store.delete_label_queue(made.id)
    assert (store.label_queues("acme"), store.labels_of(made.id), store.label_pairs(made.id)) == ([], {}, [])
    with pytest.raises(LabelQueueNotFound):
        store.delete_label_queue(made.id)


def test_they_are_a_tenants_with_names_of_its_own_and_no_more_than_may_be(store: Store) -> None:
    store.add_label_queue(queue(), PAIRS)
    store.add_label_queue(queue(tenant="other"), PAIRS)
    with pytest.raises(Taken, match="'q0' is there already"):
        store.add_label_queue(queue(1, name="q0"), PAIRS)
    assert len(store.label_queues(None)) == 2  # of the one that was refused nothing is left
    for tenant, word in (("acme", "lq_other0"), ("acme", "q9"), (None, "q0")):
        with pytest.raises(LabelQueueNotFound):
            store.label_queue(tenant, word)
    for number in range(1, MOST):
        store.add_label_queue(queue(number), [])
    with pytest.raises(OverQuota):
        store.add_label_queue(queue(MOST), [])
    for number in range(LABELLERS):
        store.say_label("lq_acme0", PAIRS[0].key, f"l{number}", "tie")
    store.say_label("lq_acme0", PAIRS[1].key, "l0", "tie")
    with pytest.raises(SpecError, match=f"{LABELLERS} labellers"):
        store.say_label("lq_acme0", PAIRS[0].key, "another", "tie")
