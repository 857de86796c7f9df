"""OAIF: the annotator orders the pair."""

import pytest
from fakes import make_prompt
from loop_job import make_job
from method_cases import OAIF_METHOD, run, sample
from pydantic import ValidationError

from raylign.errors import SpecError
from raylign.methods import OAIF
from raylign.methods.sparsepo import SparsePO
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


def test_a_token_level_loss_takes_the_pairs_that_the_annotator_ordered():
    masked = OAIF(annotator=OAIF_METHOD.annotator, token_level={"type": "sparsepo", "mask": "independent"})
    assert masked.objective == SparsePO(mask="independent").objective
    assert "zero at every token" in masked.ailing({"mask": 0.0})
    assert OAIF_METHOD.ailing({"mask": 0.0}) == ""
    prompt = make_prompt()
    pair = (sample(prompt, 0, tokens=2), sample(prompt, 1, tokens=3))
    chosen, _ = run(masked, [Group(prompt=prompt, samples=pair, preference=Preference(probability=0.0))])
    assert [[one.completion.index for one in term.samples] for term in chosen.terms] == [[1, 0]]
    for twice in ({"loss": "ipo"}, {"beta": 0.2}, {"loss": {"type": "dpo", "beta": 0.3}}):
        with pytest.raises(ValidationError, match="leave out `loss` and `beta`"):
            OAIF(annotator=OAIF_METHOD.annotator, token_level={"type": "tdpo"}, **twice)


def test_its_masks_are_not_trained_under_zero_3_either():
    talk = make_job().model_dump(mode="json")["tasks"][2]
    talk["method"] = {"type": "oaif", "annotator": talk["method"]["annotator"], "token_level": {"type": "sparsepo"}}
    assert make_job(tasks=[talk]).reads == {"divergence", "states"}
    with pytest.raises(SpecError, match="zero_stage` 3 cannot train a loss with weights of its own"):
        make_job(tasks=[talk], trainer={"zero_stage": 3})
