import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from raylign.loop.packing import WASTE, Shape, cut, num_tokens, of_task, pack, padding, shape
from raylign.types import Example, Sequence


def example(prompt: int, *responses: int, task: str = "a", token: int = 5) -> Example:
    sequences = [
        Sequence(prompt_ids=(token,) * prompt, response_ids=(token,) * n, behavior=(0.0,) * n, reference=(0.0,) * n)
        for n in responses
    ]
    return Example(task=task, sequences=tuple(sequences))


def area(microbatch: list[Example]) -> int:
    shapes = [shape(item) for item in microbatch]
    return sum(s.rows for s in shapes) * (max(s.prompt for s in shapes) + max(s.response for s in shapes))


lengths = st.integers(1, 30)
examples = st.lists(
    st.one_of(
        st.builds(example, lengths, lengths, task=st.sampled_from("ab"), token=st.integers(0, 3)),
        st.builds(example, lengths, lengths, lengths, task=st.sampled_from("ab"), token=st.integers(0, 3)),
    ),
    max_size=30,
)


@given(examples, st.integers(1, 4), st.integers(1, 300), st.randoms())
def test_laws_of_packing(items: list[Example], ranks: int, budget: int, shuffle: random.Random) -> None:
    packed = pack(items, ranks=ranks, tokens_per_microbatch=budget)
    flat = [item for rank in packed for microbatch in rank for item in microbatch]
    assert sorted(map(repr, flat)) == sorted(map(repr, items))
    assert len({len(rank) for rank in packed}) == 1
    assert len(packed) == ranks
    for rank in packed:
        assert all(area(microbatch) <= budget for microbatch in rank if len(microbatch) > 1)
    loads = [sum(num_tokens(item) for microbatch in rank for item in microbatch) for rank in packed]
    assert max(loads) - min(loads) <= max(map(num_tokens, items), default=0)
    reordered = list(items)
    shuffle.shuffle(reordered)
    assert pack(reordered, ranks=ranks, tokens_per_microbatch=budget) == packed


@given(examples, st.integers(1, 300))
def test_a_tasks_share_is_all_its_examples_within_the_budget(items: list[Example], budget: int) -> None:
    (microbatches,) = pack(items, ranks=1, tokens_per_microbatch=budget)
    shares = [of_task(microbatches, task, tokens_per_microbatch=budget) for task in "ab"]
    flat = [item for share in shares for microbatch in share for item in microbatch]
    assert sorted(map(repr, flat)) == sorted(map(repr, items))
    for task, share in zip("ab", shares, strict=True):
        assert all(microbatch for microbatch in share)
        assert {item.task for microbatch in share for item in microbatch} <= {task}
        assert all(area(microbatch) <= budget for microbatch in share if len(microbatch) > 1)
        assert len(share) <= len(microbatches)


@given(st.lists(st.builds(example, lengths, lengths), min_size=1, max_size=60), st.integers(1, 300))
def test_flush_sequences_waste_a_twentieth_at_most_and_keep_to_the_budget(items: list[Example], budget: int) -> None:
    (microbatches,) = pack(items, ranks=1, tokens_per_microbatch=budget, layout="flush")
    for microbatch in microbatches:
        longest = max(map(num_tokens, microbatch))
        assert len(microbatch) == 1 or len(microbatch) * longest <= budget
        assert sum(map(num_tokens, microbatch)) >= (1 - WASTE) * len(microbatch) * longest - 1e-9
    flat = [item for microbatch in microbatches for item in microbatch]
    assert sorted(map(repr, flat)) == sorted(map(repr, items))


def test_flush_sequences_of_one_length_share_a_microbatch_whatever_their_prompts() -> None:
    items = [example(2, 8), example(8, 2), example(5, 5)]
    assert [len(one) for one in pack(items, ranks=1, tokens_per_microbatch=30, layout="flush")[0]] == [3]
    assert [len(one) for one in pack(items, ranks=1, tokens_per_microbatch=30)[0]] == [2, 1]


def test_longest_come_first_and_share_microbatches_with_their_like() -> None:
    short, medium, long = example(2, 2), example(4, 4), example(8, 8)
    assert pack([short, medium, long], ranks=1, tokens_per_microbatch=16) == [[[long], [medium, short]]]


def test_a_rank_without_work_gets_empty_microbatches() -> None:
    assert pack([example(1, 1)], ranks=3, tokens_per_microbatch=8) == [[[example(1, 1)]], [[]], [[]]]


def test_nothing_packs_into_nothing() -> None:
    assert pack([], ranks=2, tokens_per_microbatch=8) == [[], []]


def test_an_example_above_the_budget_is_alone() -> None:
    large, small = example(50, 50, 50), example(1, 1)
    assert pack([small, large, small], ranks=1, tokens_per_microbatch=20) == [[[large], [small, small]]]


def test_padding_is_the_empty_share_of_the_area() -> None:
    # 2 rows, 4 + 4 wide; 8 + 4 of 16 places hold tokens.
    assert padding([[example(4, 4), example(2, 2)]]) == 0.25
    assert padding([[]]) == 0.0


def test_cut_measures_the_joint_rectangle() -> None:
    # A long prompt beside a long response is wider than either.
    tall, wide = Shape(rows=1, prompt=9, response=1), Shape(rows=1, prompt=1, response=9)
    assert cut([tall, wide], 35) == [[0], [1]]
    assert cut([tall, wide], 36) == [[0, 1]]


def test_what_is_not_the_policys_own_comes_before_the_freshest_of_its_like() -> None:
    ages = [1, 0, None, 2]
    items = [dataclasses.replace(example(2, 2), staleness=age) for age in ages]
    ((packed,),) = pack(items, ranks=1, tokens_per_microbatch=99)
    assert [item.staleness for item in packed] == [None, 0, 1, 2]
