"""CRRAFT: which response it imitates, and how much."""

from method_cases import group, run

from raylign.methods import CRRAFT


def test_crraft_takes_the_best_within_kl_max():
    # reference -4 per token: log-ratio 3 * (logprob + 4). The best reward is beyond KL_max = 10, the second is within.
    groups = [group((9.0, True, -0.5), (5.0, True, -1.0), (7.0, False, -1.0), baseline=(5.0, True))]
    chosen, skips = run(CRRAFT(kl_max=10.0), groups, reference=-4.0)
    (term,) = chosen.terms
    assert term.samples[0].reward == 5.0
    assert term.coefficient == 0.5
    assert not skips


def test_crraft_falls_back_to_the_baseline_only_if_it_satisfies():
    groups = [
        group((9.0, False), (8.0, False), baseline=(1.0, True)),
        group((9.0, False), (8.0, False), baseline=(1.0, False), number=1),
    ]
    chosen, skips = run(CRRAFT(kl_max=10.0), groups)
    (term,) = chosen.terms
    assert term.samples[0].completion.index is None
    assert term.coefficient == 0.5  # sigmoid(0)
    assert skips == {"none satisfied": 1, "baseline taken": 1}


def test_crraft_baseline_is_not_asked_to_pass_the_kl_filter():
    groups = [group((9.0, True, -0.1), baseline=(1.0, True))]
    chosen, skips = run(CRRAFT(kl_max=10.0), groups, reference=-9.0)  # everything is beyond KL_max
    assert chosen.terms[0].samples[0].completion.index is None
    assert skips == {"baseline taken": 1}


def test_crraft_skips_when_all_are_beyond_kl_max_and_the_baseline_violates():
    chosen, skips = run(CRRAFT(kl_max=10.0), [group((9.0, True, -0.1), baseline=(1.0, False))], reference=-9.0)
    assert chosen.terms == []
    assert skips == {"beyond KL_max": 1}
