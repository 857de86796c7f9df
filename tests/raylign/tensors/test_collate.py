from dataclasses import replace

import torch

from raylign.tensors.collate import collate, collate_examples, split_terms
from raylign.types import Example, Sequence


def sequence(prompt: tuple[int, ...], response: tuple[int, ...], mark: float) -> Sequence:
    return Sequence(
        prompt_ids=prompt,
        response_ids=response,
        behavior=tuple(mark - 10 for _ in response),
        reference=tuple(mark for _ in response),
    )


def test_responses_start_at_one_column() -> None:
    batch = collate([((5, 6, 7), (8,)), ((5,), (9, 10))])
    assert batch.input_ids_SL.tolist() == [[5, 6, 7, 8], [0, 0, 5, 9]]
    assert batch.attention_mask_SL.tolist() == [[1, 1, 1, 1], [0, 0, 1, 1]]
    assert batch.position_ids_SL.tolist() == [[0, 1, 2, 3], [0, 0, 0, 1]]
    assert batch.target_ids_ST.tolist() == [[8, 0], [9, 10]]
    assert batch.mask_ST.tolist() == [[1, 0], [1, 1]]


def test_flush_sequences_begin_at_one_column_and_are_answered_for_where_their_prompts_end() -> None:
    batch = collate([((5, 6, 7), (8,)), ((5,), (9, 10))], layout="flush")
    assert batch.input_ids_SL.tolist() == [[5, 6, 7], [5, 9, 10]]
    assert batch.attention_mask_SL.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert batch.position_ids_SL.tolist() == [[0, 1, 2], [0, 1, 2]]
    assert batch.target_ids_ST.tolist() == [[6, 7, 8], [9, 10, 0]]  # each follows the input column before it
    assert batch.mask_ST.tolist() == [[0, 0, 1], [1, 1, 0]]
    assert list(batch.begins_S) == [2, 0]


def test_what_is_known_of_flush_responses_stands_where_they_do() -> None:
    examples = [
        Example(task="a", sequences=(sequence((5, 6, 7), (8,), 1.0),)),
        Example(task="a", sequences=(sequence((5,), (9, 10), 2.0),)),
    ]
    batch = collate_examples(examples, layout="flush")
    (group,) = split_terms(examples, torch.zeros(2, 3), batch)
    assert group.terms.reference_UNT.tolist() == [[[0, 0, 1]], [[2, 2, 0]]]
    assert group.terms.behavior_UNT.tolist() == [[[0, 0, -9]], [[-8, -8, 0]]]
    assert group.terms.length_UN.tolist() == [[1], [2]]


def test_what_nobody_was_asked_about_is_nothing() -> None:
    bare = Sequence(prompt_ids=(1,), response_ids=(2, 3), behavior=(), reference=())
    examples = [Example(task="a", sequences=(bare,))]
    (group,) = split_terms(examples, torch.zeros(1, 2), collate_examples(examples))
    assert group.terms.reference_UNT.tolist() == group.terms.behavior_UNT.tolist() == [[[0, 0]]]


def test_an_empty_response_has_no_target() -> None:
    assert collate([((5, 6), ())]).mask_ST.tolist() == [[0]]


def test_terms_are_grouped_by_task_and_number_of_sequences() -> None:
    one = Example(task="a", sequences=(sequence((1,), (2, 3), 1.0),), coefficient=0.5, weight=0.25, staleness=1)
    pair = Example(task="b", sequences=(sequence((1,), (2,), 2.0), sequence((1,), (4, 5, 6), 3.0)))
    other = Example(task="a", sequences=(sequence((1,), (2,), 4.0),), staleness=None)
    examples = [one, pair, other]
    batch = collate_examples(examples)
    policy_ST = torch.arange(12.0).view(4, 3) * batch.mask_ST
    first, second = split_terms(examples, policy_ST, batch)
    assert (first.task, second.task) == ("a", "b")
    assert first.weight_U.tolist() == [0.25, 1.0]
    assert first.terms.policy_UNT.tolist() == [[[0, 1, 0]], [[9, 0, 0]]]
    assert first.terms.reference_UNT.tolist() == [[[1, 1, 0]], [[4, 0, 0]]]
    assert first.terms.behavior_UNT.tolist() == [[[-9, -9, 0]], [[-6, 0, 0]]]
    assert first.terms.mask_UNT.tolist() == [[[1, 1, 0]], [[1, 0, 0]]]
    assert first.terms.coefficient_U.tolist() == [0.5, 1.0]
    assert first.terms.stale_U.tolist() == [1.0, 0.0]
    assert second.terms.policy_UNT.tolist() == [[[3, 0, 0], [6, 7, 8]]]
    assert second.terms.length_UN.tolist() == [[1, 3]]


def test_an_example_may_hold_many_sequences_each_with_its_target() -> None:
    many = [sequence((1,), (2,) * n, float(n)) for n in (1, 2, 3)]
    example = Example(task="a", sequences=tuple(replace(one, target=at / 2) for at, one in enumerate(many)))
    batch = collate_examples([example, Example(task="a", sequences=tuple(many[:2]))])
    policy_ST = torch.arange(15.0).view(5, 3) * batch.mask_ST
    three, two = split_terms([example, Example(task="a", sequences=tuple(many[:2]))], policy_ST, batch)
    assert three.terms.policy_UNT.tolist() == [[[0, 0, 0], [3, 4, 0], [6, 7, 8]]]
    assert three.terms.target_UN.tolist() == [[0.0, 0.5, 1.0]]
    assert two.terms.length_UN.tolist() == [[1, 2]]
    assert two.terms.target_UN.tolist() == [[0.0, 0.0]]


def test_tokens_that_have_a_constant_of_their_own_keep_it() -> None:
    own = replace(sequence((1,), (2, 3), 1.0), credit=(0.5, -2.0))
    short = replace(sequence((1,), (2,), 1.0), credit=(0.0,))
    examples = [Example(task="a", sequences=(each,)) for each in (short, own)]
    examples.append(Example(task="b", sequences=(sequence((1,), (2,), 1.0),), coefficient=3.0))
    batch = collate_examples(examples)
    credited, plain = split_terms(examples, batch.mask_ST, batch)
    assert credited.terms.advantage_UT.tolist() == [[0.0, 0.0], [0.5, -2.0]]
    assert plain.terms.advantage_UT.tolist() == [[3.0]]


def test_the_gradient_reaches_every_row() -> None:
    examples = [Example(task="a", sequences=(sequence((1,), (2, 3), 0.0), sequence((1,), (2,), 0.0)))]
    batch = collate_examples(examples)
    policy_ST = torch.ones(2, 2, requires_grad=True)
    (group,) = split_terms(examples, policy_ST, batch)
    group.terms.policy_UN.sum().backward()
    assert policy_ST.grad is not None
    assert policy_ST.grad.tolist() == [[1, 1], [1, 0]]


def test_responses_are_barred_from_ending_for_as_many_tokens_as_they_say() -> None:
    pairs = [((5,), (8, 9, 10)), ((5,), (9,))]
    assert collate(pairs).barred_ST is None
    assert collate(pairs, barred=[0, 0]).barred_ST is None
    barred_ST = collate(pairs, barred=[2, 0]).barred_ST
    assert barred_ST is not None
    assert barred_ST.tolist() == [[True, True, False], [False, False, False]]
    flush = collate([((5, 6), (8, 9)), ((5,), (9,))], barred=[1, 1], layout="flush").barred_ST
    assert flush is not None
    assert flush.tolist() == [[False, True, False], [True, False, False]]
