"""OAIF: the annotator orders the pair."""

from fakes import make_prompt
from method_cases import OAIF_METHOD, run, sample

from raylign.types import Group, Preference


def test_oaif_orders_the_pair_by_the_annotator_and_ties_go_to_the_first():
    for probability, winner in ((0.9, 0), (0.5, 0), (0.49, 1)):
        preference = Preference(probability=probability)
        prompt = make_prompt()
        samples = (sample(prompt, 0, tokens=2), sample(prompt, 1, tokens=3))
        chosen, _ = run(OAIF_METHOD, [Group(prompt=prompt, samples=samples, preference=preference)])
        assert chosen.terms[0].samples[0].completion.index == winner


def test_oaif_skips_identical_responses_and_counts_abstentions():
    prompt = make_prompt()
    same = Group(prompt=prompt, samples=(sample(prompt, 0), sample(prompt, 1)))
    silent = Group(
        prompt=make_prompt(number=1),
        samples=(sample(make_prompt(number=1), 0, tokens=1), sample(make_prompt(number=1), 1)),
        preference=Preference(probability=None, reason="no answer"),
    )
    chosen, skips = run(OAIF_METHOD, [same, silent])
    assert chosen.terms == []
    assert skips == {"identical": 1, "annotator no answer": 1}
