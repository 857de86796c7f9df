"""Preference files: read, drawn, trained on through the loop, and resumed to the same bits."""

from dataclasses import replace

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import take
from pairs_job import pairs_job

from raylign.errors import SpecError, WorkerLost
from raylign.record.checkpoint import Checkpoints
from raylign.record.events.payloads import StepDone

TEXTS = [("b" * (2 + number % 3), "w" * (3 + number % 3)) for number in range(8)]


def prompts(texts=TEXTS):
    return {
        "talk": [
            replace(make_prompt("talk", number, rejected=worse), baseline=better)
            for number, (better, worse) in enumerate(texts)
        ]
    }


async def run(job, fleet, directory, *, texts=TEXTS, **how):
    await take(job, fleet, directory, prompts=prompts(texts), encode=lambda one: tuple(map(ord, one.baseline)), **how)


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


async def test_longer_responses_are_cut_as_the_policy_s_own_are(tmp_path):
    fleet = FakeFleet()
    await run(pairs_job(rollout={"max_tokens": 3}), fleet, tmp_path)
    lengths = {len(one.response_ids) for batch in fleet.trainer.batches for pair in batch for one in pair.sequences}
    assert lengths == {2, 3}


async def test_resumed_equals_uninterrupted(tmp_path):
    whole = FakeFleet()
    await run(pairs_job(), whole, tmp_path / "whole")
    broken = FakeFleet()
    real_step = broken.trainer.step

    async def dies(step, microbatches):
        if step == 3:
            raise WorkerLost("policy/0 died")
        return await real_step(step, microbatches)

    broken.trainer.step = dies
    with pytest.raises(WorkerLost):
        await run(pairs_job(), broken, tmp_path / "broken")
    path, progress = Checkpoints(tmp_path / "broken").latest()
    again = FakeFleet()
    await again.trainer.load(path)
    await run(pairs_job(), again, tmp_path / "broken", start=progress)
    assert again.trainer.state == whole.trainer.state
