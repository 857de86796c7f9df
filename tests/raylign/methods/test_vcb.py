"""VCB: what each response is asked for, and who is passed over."""

import pytest
from loss_terms import make_terms
from method_cases import group, run, sample, scores

from raylign.losses import build
from raylign.methods import VCB
from raylign.types import Group

ROWS = [(1.0, True), (4.0, False), (-2.0, None)]
POOL = (0.0, 2.0, 4.0)  # deviation 2


def test_every_response_is_asked_for_its_reward_in_sigmas_of_the_references_pool():
    chosen, skips = run(VCB(nats_per_sigma=3.0), [group(*ROWS, pool=POOL)])
    (term,) = chosen.terms
    assert term.targets == pytest.approx([3.0 * gap / 2.0 for gap in (0.0, 3.0, -3.0)])
    assert len(term.samples) == 3
    assert not skips


def test_a_flat_pool_is_floored_and_counted():
    groups = [group(*ROWS, pool=(1.0, 1.0)), group(*ROWS, pool=POOL, number=1)]
    chosen, skips = run(VCB(sigma_floor=0.5), groups)
    assert [term.targets[1] for term in chosen.terms] == pytest.approx([3.0 / 0.5, 3.0 / 2.0])
    assert skips == {"sigma floored": 1}


def test_who_has_no_reward_is_left_out_and_the_others_are_held_against_each_other():
    chosen, skips = run(VCB(), [group((None, True), *ROWS, pool=POOL), group((None, True), (1.0, True), pool=POOL)])
    assert [len(term.samples) for term in chosen.terms] == [3]
    assert skips == {"reward not finite": 2, "no group": 1}


@pytest.mark.parametrize("pool", [(), (3.0,)])
def test_without_a_pool_there_is_no_sigma(pool):
    assert run(VCB(), [group(*ROWS, pool=pool)])[1] == {"no sigma": 1}


def test_a_response_said_twice_and_nothing_else_has_no_gradient():
    one = group(*ROWS[:2], pool=POOL)
    twice = sample(one.prompt, 0, reward=2.0)
    assert run(VCB(), [Group(prompt=one.prompt, samples=(twice, twice), pool=POOL)])[1] == {"identical": 1}


def test_its_objective_takes_terms_of_any_number_of_responses():
    assert VCB().objective.over_tokens is None
    assert build(VCB().objective, max_correction=1.0).measures == ("slope",)


def test_it_is_examined_as_its_loss_measures_itself():
    groups = [group(*ROWS, pool=POOL), group(*ROWS[:2], pool=POOL, number=1)]
    method, policy, reference = VCB(), {}, scores(groups, -1.0)
    for key, values in reference.items():
        policy[key] = tuple(value + 0.25 * (key[1] + 1) for value in values)
    found = method.examine(method.select(groups), policy, reference)
    # h = .75, 1.5, 2.25; t = 0, 1.5, -1.5 less 0, and -.75, .75: the loss and its metric say the same, by tensors.
    three = make_terms([[[0.75], [1.5], [2.25]]], reference=[[[0.0]] * 3], target=[[0.0, 1.5, -1.5]])
    two = make_terms([[[0.75], [1.5]]], reference=[[[0.0]] * 2], target=[[-0.75, 0.75]])
    losses = [build(method.objective, max_correction=1.0)(terms) for terms in (three, two)]
    assert found["loss"] == pytest.approx(sum(float(one.per_unit_U) for one in losses) / 2)
    slopes = [one.metrics["slope"] for one in losses]
    assert found["slope"] == pytest.approx(float(sum(a for a, _ in slopes) / sum(b for _, b in slopes)))
    assert method.examine(method.select([]), {}, {}) == {}
