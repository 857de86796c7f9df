"""Sums over tokens."""

from loss_terms import make_terms

TERMS = make_terms(
    [[[-1.0, -2.0, 9.0], [-4.0, 9.0, 9.0]]],
    reference=[[[-1.5, -1.0, 0.0], [-5.0, 0.0, 0.0]]],
    mask=[[[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]],
)


def test_padding_is_left_out_of_every_sum():
    assert TERMS.policy_UN.tolist() == [[-3.0, -4.0]]
    assert TERMS.log_ratio_UN.tolist() == [[-0.5, 1.0]]
    assert TERMS.length_UN.tolist() == [[2.0, 1.0]]


def test_the_margin_is_the_first_log_ratio_less_the_second():
    assert TERMS.margin_U.tolist() == [-1.5]
