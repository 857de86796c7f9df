"""Every method of the library keeps the laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from method_cases import METHODS, OAIF_METHOD, group, run
from method_laws import batches, has_an_objective, is_plain_data, keeps_the_laws_of_choosing

from raylign.methods import CRPG, GRPO, OAIF, RLOO, VCB, XPO, Lagrangian, NashMD, ReinforcePP
from raylign.methods.direct import Direct
from raylign.methods.kto import KTO
from raylign.methods.sparsepo import MaPO, SparsePO
from raylign.methods.tdpo import TDPO

DR_GRPO = GRPO(beta=0.0, normalize=False)
PAIRED = [
    Direct(),
    Direct(loss="aot"),
    Direct(loss="aot_unpaired"),
    KTO(),
    TDPO(version=1),
    TDPO(),
    MaPO(),
    SparsePO(),
    SparsePO(mask="independent"),
]
ALL = [
    *METHODS,
    *PAIRED,
    OAIF(annotator=OAIF_METHOD.annotator, token_level=SparsePO()),
    CRPG(calibrate=False),
    GRPO(beta=0.0),
    DR_GRPO,
    GRPO(drop_equal=True, clip_high=0.28),
    ReinforcePP(kl="loss", baseline=True),
]
REWARDED = [method for method in METHODS if not isinstance(method, OAIF)]
JUDGED = [method for method in REWARDED if not isinstance(method, VCB | XPO)]
over_all = pytest.mark.parametrize("method", ALL, ids=lambda method: method.type)


@over_all
@given(data=st.data())
def test_the_laws_of_choosing(method, data):
    groups, reference = data.draw(batches(method))
    keeps_the_laws_of_choosing(method, groups, reference)


@over_all
def test_settings_are_plain_data_and_name_a_loss(method):
    is_plain_data(method)
    has_an_objective(method)


@pytest.mark.parametrize(
    "method",
    [METHODS[0], GRPO(beta=0.0), DR_GRPO, RLOO(), Lagrangian(beta=0.0), NashMD()],
    ids=lambda method: method.type,
)
@pytest.mark.parametrize("reward", [0.1, 1 / 3, 1e9 / 7])
@pytest.mark.parametrize("count", [2, 3, 11, 49])
def test_equal_rewards_have_exactly_no_advantage(method, reward, count):
    rows = [(reward, True, -1.0)] * count
    groups = [group(*rows, baseline=(0.0, True), number=number) for number in range(3)]
    chosen, _ = run(method, groups)
    assert len(chosen.terms) == 3 * count
    assert {term.coefficient for term in chosen.terms} == {0.0}
    assert [term for term in chosen.terms if method.moves(term)] == []


def test_a_term_moves_by_its_constant_or_by_a_penalty_that_stands_beside_it():
    chosen, _ = run(GRPO(), [group((5.0, True), (5.0, True)), group((-1.0, True), (1.0, True), number=1)])
    assert [term for term in chosen.terms if GRPO(beta=0.04).moves(term)] == chosen.terms
    assert [term for term in chosen.terms if GRPO(beta=0.0).moves(term)] == chosen.terms[2:]
    assert [term for term in chosen.terms if CRPG().moves(term)] == chosen.terms[2:]


@pytest.mark.parametrize("method", JUDGED, ids=lambda method: method.type)
def test_an_abstention_is_counted_and_never_trained_on(method):
    groups = [group((5.0, None), (1.0, True), (0.0, False), baseline=(0.0, True))]
    chosen, skips = run(method, groups)
    assert all(each.satisfied is not None for term in chosen.terms for each in term.samples)
    assert skips["abstained"] == 1


@pytest.mark.parametrize("method", REWARDED, ids=lambda method: method.type)
def test_a_missing_reward_is_never_a_zero_reward(method):
    groups = [group((None, True), (-4.0, True), (-6.0, False), baseline=(-5.0, True))]
    chosen, _ = run(method, groups)
    assert all(each.reward is not None for term in chosen.terms for each in term.samples)


@pytest.mark.parametrize("method", [METHODS[0], METHODS[2]], ids=lambda method: method.type)
def test_a_baseline_without_reward_leaves_nothing_to_calibrate(method):
    chosen, skips = run(method, [group((1.0, True), baseline=(None, True))])
    assert chosen.terms == []
    assert skips == {"baseline reward not finite": 1}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.type)
def test_no_groups_are_no_terms(method):
    chosen, skips = run(method, [])
    assert chosen.terms == []
    assert not skips
