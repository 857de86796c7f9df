"""XPO: the policy's responses against the reference's."""

from dataclasses import replace

from method_cases import group, run

from raylign.methods import XPO


def told(chosen):
    return [([each.completion.index for each in term.samples], term.coefficient) for term in chosen.terms]


def test_every_response_is_held_against_the_references():
    chosen, skips = run(XPO(), [group((2.0, True), (-1.0, False), (1.0, None), baseline=(1.0, True))])
    assert told(chosen) == [([0, None], 1.0), ([1, None], -1.0)]
    assert skips == {"tie": 1}


def test_what_says_nothing_is_skipped_and_counted():
    one = group((None, True), (3.0, True), baseline=(1.0, True))
    repeated = replace(one.baseline.completion, token_ids=one.samples[1].completion.token_ids)
    same = replace(one, baseline=replace(one.baseline, completion=repeated))
    chosen, skips = run(XPO(), [same, group((1.0, True), number=1, baseline=(None, True))])
    assert chosen.terms == []
    assert skips == {"reward not finite": 1, "identical": 1, "baseline reward not finite": 1}


def test_its_baseline_is_the_references_own():
    assert XPO().needs.sampled_baseline
