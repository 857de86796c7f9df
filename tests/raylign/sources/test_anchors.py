"""The three classes by enumeration of every outcome of three samples; ties, choices and the consultant's form."""

import itertools
import random

import pytest

from raylign.sources.anchors import Scored, anchored, argued, choice_of, ranked

OUTCOMES = list(itertools.product(itertools.product([True, False], [0.0, 2.5, 5.0]), repeat=3))
SEEDS = range(8)


def scored(outcome):
    return [Scored(text=str(at), right=right, score=score) for at, (right, score) in enumerate(outcome)]


def drawn(draw, samples, consultant="gold"):
    """All that any seed gives."""
    return [draw(samples, consultant, random.Random(seed)) for seed in SEEDS]


@pytest.mark.parametrize("loser", ["lowest", "any"])
def test_every_outcome_of_three_samples_has_the_pair_of_its_class(loser):
    for outcome in OUTCOMES:
        samples = scored(outcome)
        rights, scores = [one.right for one in samples], [one.score for one in samples]
        for pair in drawn(anchored(loser), samples):
            if not any(rights):
                assert (pair.kind, pair.chosen) == ("incorrect", "gold")
                assert pair.rejected in {"0", "1", "2"}
                continue
            top = max(score for score, right in zip(scores, rights, strict=True) if right)
            if all(rights):
                losers = {score for score in scores if score < top}
                losers = {min(losers)} if losers and loser == "lowest" else losers
                where = [at for at in range(3) if scores[at] in losers]
            else:
                where = [at for at in range(3) if not rights[at] and scores[at] < top]
            kind = "correct" if all(rights) else "variable"
            if not where:
                assert pair == f"{kind}: no loser"
                continue
            assert pair.kind == kind
            assert rights[int(pair.chosen)]
            assert scores[int(pair.chosen)] == top
            assert int(pair.rejected) in where


def test_ties_are_drawn():
    samples = scored([(True, 5.0), (True, 5.0), (False, 0.0), (False, 0.0)])
    pairs = drawn(anchored(), samples)
    assert {pair.chosen for pair in pairs} == {"0", "1"}
    assert {pair.rejected for pair in pairs} == {"2", "3"}


def test_without_a_consultant_or_samples_there_is_no_pair():
    assert anchored()(scored([(False, 1.0)]), None, random.Random(0)) == "no consultant"
    assert anchored()([], "gold", random.Random(0)) == "no samples"
    assert ranked([], None, random.Random(0)) == "no samples"


def test_rank_goes_by_scores_alone():
    samples = scored([(True, 1.0), (False, 3.0), (True, 2.0)])
    pairs = drawn(ranked, samples)
    assert {(pair.kind, pair.chosen) for pair in pairs} == {("rank", "1")}
    assert {pair.rejected for pair in pairs} == {"0", "2"}
    assert set(drawn(ranked, scored([(True, 1.0), (False, 1.0)]))) == {"rank: tie"}
    assert ranked(samples[:1], None, random.Random(0)) == "rank: no loser"


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("<explanation>2 is even</explanation><choice> B </choice>", "B"),
        ("<Choice>C</Choice>", "C"),
        ("B", None),
        ("<choice></choice>", None),
        ("<choice>A</choice> or <choice>B</choice>", None),
    ],
)
def test_a_choice_is_what_stands_in_the_one_pair_of_tags(answer, choice):
    assert choice_of(answer) == choice


@pytest.mark.parametrize(
    "said", ["2 is even", "<explanation> 2 is even </explanation><choice>A</choice>", "2 is even <choice>A</choice>"]
)
def test_a_consultant_argues_in_the_tasks_own_form(said):
    assert argued(said, "B") == "<explanation>2 is even</explanation><choice>B</choice>"
