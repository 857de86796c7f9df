"""Preference files: read, drawn, trained on through the loop, and resumed to the same bits."""

from dataclasses import replace

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import resumed_equals_uninterrupted, take
from pairs_job import pairs_job

from raylign.errors import SpecError
from raylign.record.events.payloads import EvaluationDone, StepDone

TEXTS = [("b" * (2 + number % 3), "w" * (3 + number % 3)) for number in range(8)]


def prompts(texts=TEXTS):
    return {
        "talk": [
            replace(make_prompt("talk", number, rejected=worse), baseline=better)
            for number, (better, worse) in enumerate(texts)
        ]
    }


async def run(job, fleet, directory, *, texts=TEXTS, held_out=None, **how):
    measured = None if held_out is None else prompts(held_out)
    encode = lambda one: tuple(map(ord, one.baseline))  # noqa: E731
    await take(job, fleet, directory, prompts=prompts(texts), eval_prompts=measured, encode=encode, **how)


class Nobody:
    """No worker stands behind this seam: asking for anything fails."""


async def test_an_epoch_takes_every_pair_once_the_chosen_response_first(tmp_path):
    fleet = FakeFleet()
    fleet.rollouts = fleet.judges = fleet.weights = Nobody()
    await run(pairs_job(), fleet, tmp_path)
    trained = [example for batch in fleet.trainer.batches for example in batch]
    texts = [tuple("".join(map(chr, one.response_ids)) for one in example.sequences) for example in trained]
    assert sorted(texts) == sorted(TEXTS)


async def test_what_is_no_pair_is_skipped_and_counted(tmp_path):
    texts = [("same", "same"), ("good", " "), ("good", None), ("good", "bad")]
    said = []
    job = pairs_job(task={"prompts_per_step": 4}, steps=1)
    order = [texts[3], *texts[:3]]  # a file of pairs, by its first row
    await run(job, FakeFleet(), tmp_path, texts=order, emit=said.append)
    (step,) = [one for one in said if isinstance(one, StepDone)]
    assert step.tasks["talk"].satisfied is None  # nobody was asked
    assert step.tasks["talk"].skips == {"identical": 1, "empty response": 1, "no rejected response": 1}


async def test_a_file_without_rejected_responses_is_refused_before_the_first_step(tmp_path):
    fleet = FakeFleet()
    with pytest.raises(SpecError, match=r"task 'talk': 'p' holds answers and no rejected ones \(talk/0\)"):
        await run(pairs_job(), fleet, tmp_path, texts=[("good", None)] * 8)
    assert fleet.trainer.batches == []


async def test_held_out_pairs_are_measured_before_and_after(tmp_path):
    fleet, said = FakeFleet(), []
    fleet.rollouts = fleet.judges = fleet.weights = Nobody()
    await run(pairs_job(evaluation={"rows": 3}), fleet, tmp_path, emit=said.append)
    found = [(one.step, one.tasks["talk"].held_out) for one in said if isinstance(one, EvaluationDone)]
    assert [step for step, _ in found] == [0, 4]
    assert fleet.trainer.scored == [[text for pair in TEXTS[:3] for text in pair]] * 2
    # A token is -id/100 in the policy and -id/90 in the reference; b is 98 and w 119.
    margins = [(98 * len(better) - 119 * len(worse)) * (1 / 90 - 1 / 100) for better, worse in TEXTS[:3]]
    assert found[0][1] == pytest.approx({"margin": sum(margins) / 3, "accuracy": 0.0})


async def test_prompts_without_pairs_are_refused_where_nobody_would_answer_them(tmp_path):
    job = pairs_job(task={"eval_prompts": {"path": "e"}}, evaluation={"rows": 3})
    texts = [("good", "bad"), *TEXTS]
    with pytest.raises(SpecError, match=r"task 'talk': 'e' holds answers and no rejected ones \(talk/0\)"):
        await run(job, FakeFleet(), tmp_path, texts=texts, held_out=[("good", None)])


async def test_longer_responses_are_cut_as_the_policy_s_own_are(tmp_path):
    fleet = FakeFleet()
    await run(pairs_job(rollout={"max_tokens": 3}), fleet, tmp_path)
    lengths = {len(one.response_ids) for batch in fleet.trainer.batches for pair in batch for one in pair.sequences}
    assert lengths == {2, 3}


@pytest.mark.parametrize("loss", ["dpo", "kto", "aot"])
async def test_resumed_equals_uninterrupted(tmp_path, loss):
    job = pairs_job(task={"method": {"loss": loss}})
    await resumed_equals_uninterrupted(run, job, FakeFleet, tmp_path, left_at=2)


async def test_rows_with_a_label_are_taken_where_the_method_takes_them_one_by_one(tmp_path):
    rows = [replace(make_prompt("talk", at, label=at % 2 == 0), baseline="good"[: 1 + at]) for at in range(4)]
    for name, refused in (("kto", False), ("dpo", True)):
        fleet, job = FakeFleet(), pairs_job(task={"method": {"loss": name}}, steps=2)
        encode = lambda one: tuple(map(ord, one.baseline))  # noqa: E731
        training = take(job, fleet, tmp_path / name, prompts={"talk": rows}, encode=encode)
        if refused:
            with pytest.raises(SpecError, match="answers and no rejected ones"):
                await training
            continue
        await training
        trained = [example for batch in fleet.trainer.batches for example in batch]
        signs = {len(example.sequences[0].response_ids): example.coefficient for example in trained}
        assert signs == {1: 1, 2: -1, 3: 1, 4: -1}
