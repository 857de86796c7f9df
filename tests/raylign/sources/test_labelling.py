"""Pairs to label, what becomes of labels, and how far labellers agree: by hand."""

import json
from collections import Counter

import pytest

from raylign.errors import SpecError
from raylign.sources.labelling import agreements, read_pairs, write_labelled


def pairs_of(tmp_path, rows):
    path, counts = tmp_path / "pairs.jsonl", Counter()
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return read_pairs(path, counts), +counts


def row(number, chosen="good", rejected="bad", **columns):
    return {"prompt": f"question {number}", "chosen": chosen, "rejected": rejected, **columns}


def test_what_is_no_pair_is_passed_over_and_counted(tmp_path):
    rows = [row(0), row(0), row(1, "same", "same"), row(2, "good", " "), row(3, answer="7")]
    found, counts = pairs_of(tmp_path, rows)
    assert [(dict(pair.asked), pair.responses, dict(pair.metadata)) for pair in found] == [
        ({"prompt": "question 0"}, ("good", "bad"), {}),
        ({"prompt": "question 3"}, ("good", "bad"), {"answer": "7"}),
    ]
    assert counts == {"twice in the file": 1, "identical": 1, "empty response": 1}
    with pytest.raises(SpecError, match=r"holds no pair to label \(identical 1\)"):
        pairs_of(tmp_path, [row(1, "same", "same")])


def test_a_pair_is_known_by_what_it_says_wherever_it_stands(tmp_path):
    first, _ = pairs_of(tmp_path, [row(0), row(1)])
    second, _ = pairs_of(tmp_path, [row(1), row(2), row(0)])
    assert {pair.key for pair in first} < {pair.key for pair in second}
    (turned,), _ = pairs_of(tmp_path, [row(0, "bad", "good")])
    assert turned.key not in {pair.key for pair in first}


def test_sides_are_turned_for_about_half_of_the_pairs_each_labeller_otherwise(tmp_path):
    found, _ = pairs_of(tmp_path, [row(number) for number in range(200)])
    sides = {(name, seed): [pair.turned(name, seed=seed) for pair in found] for name in "ab" for seed in (0, 1)}
    assert all(70 < sum(one) < 130 for one in sides.values())
    assert len(set(map(tuple, sides.values()))) == 4


SAID = [
    {"anna": "first"},
    {"anna": "second", "bert": "second"},
    {"anna": "first", "bert": "second"},
    {"anna": "first", "bert": "second", "carl": "second"},
    {"anna": "tie", "bert": "first"},
    {"anna": "tie", "bert": "skip"},
    {"anna": "skip"},
    {},
]


@pytest.mark.parametrize(
    ("contradicting", "chosen", "counts"),
    [
        (
            "majority",
            ["good 0", "bad 1", "bad 3", "good 4"],
            {"labelled": 3, "by majority": 1, "contradicting": 1, "tie": 1, "skipped": 1, "not labelled": 1},
        ),
        (
            "drop",
            ["good 0", "bad 1", "good 4"],
            {"labelled": 3, "contradicting": 2, "tie": 1, "skipped": 1, "not labelled": 1},
        ),
    ],
)
def test_labels_become_a_preference_file(tmp_path, contradicting, chosen, counts):
    found, _ = pairs_of(tmp_path, [row(at, f"good {at}", f"bad {at}", answer="x") for at in range(len(SAID))])
    words = {pair.key: said for pair, said in zip(found, SAID, strict=True)}
    assert write_labelled(found, words, tmp_path / "out.jsonl", contradicting) == counts
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [one["chosen"] for one in written] == chosen
    again, _ = pairs_of(tmp_path, written)  # it is a file of pairs, with what else its rows held
    assert [pair.metadata for pair in again] == [{"answer": "x"}] * len(chosen)


def test_agreement_is_of_pairs_of_which_both_prefer_one(tmp_path):
    found, _ = pairs_of(tmp_path, [row(number) for number in range(5)])
    said = [("first", "first"), ("second", "second"), ("first", "second"), ("tie", "first"), ("first", None)]
    words = {
        pair.key: {name: word for name, word in zip(("anna", "bert"), both, strict=True) if word}
        for pair, both in zip(found, said, strict=True)
    }
    (told,) = agreements([words.get(pair.key, {}) for pair in found])
    assert (told["labellers"], told["pairs"], told["agreed"]) == (["anna", "bert"], 3, 2)
    assert told["kappa"] == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    assert agreements([{"anna": "first"}]) == []
