"""A reference that comes after the policy: when it moves, what is kept, and where a run resumes with it."""

import json
from dataclasses import replace

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import resumed_equals_uninterrupted, take
from pairs_job import pairs_job

from raylign.errors import RunError, SpecError
from raylign.record.checkpoint import Checkpoints

PROMPTS = {
    "talk": [replace(make_prompt("talk", at, rejected="w" * (1 + at)), baseline="b" * (2 + at)) for at in range(8)]
}


def job(every=1, share=0.5, **settings):
    return pairs_job(reference={"follows": {"every": every, "share": share}}, **settings)


async def run(job, fleet, directory, **how):
    encode = lambda one: tuple(map(ord, one.baseline))  # noqa: E731
    await take(job, fleet, directory, prompts=PROMPTS, encode=encode, **how)


async def test_it_moves_after_every_so_many_steps_and_answers_by_that(tmp_path):
    fleet = FakeFleet()
    await run(job(every=2), fleet, tmp_path)
    said = [call for call in fleet.calls if call in ("step", "follow", "save")]
    assert said == ["step", "step", "follow", "save"] * 2
    first, _, third, _ = (batch[0].sequences[0].reference for batch in fleet.trainer.batches)
    assert first[0] == -98 / 90  # a "b", by what it starts with
    assert third[0] < -98 / 90


async def test_what_no_checkpoint_needs_is_let_go(tmp_path):
    await run(job(steps=9, checkpoint={"every": 4, "keep_last": 2}), FakeFleet(), tmp_path)
    assert sorted(path.name for path in (tmp_path / "reference").iterdir()) == ["step-4", "step-8", "step-9"]


@pytest.mark.parametrize("every", [1, 2, 3])
async def test_resumed_equals_uninterrupted(tmp_path, every):
    await resumed_equals_uninterrupted(run, job(every), FakeFleet, tmp_path, left_at=2)


async def test_every_move_counts(tmp_path):
    states = []
    for share in (None, 0.5, 1.0):
        fleet = FakeFleet()
        await run(pairs_job() if share is None else job(share=share), fleet, tmp_path / str(share))
        states.append(fleet.trainer.state)
    assert len(set(states)) == 3


async def test_a_run_whose_reference_is_gone_does_not_go_on_with_another(tmp_path):
    await run(job(), FakeFleet(), tmp_path)
    (tmp_path / "reference" / "step-4" / "state").unlink()
    (tmp_path / "reference" / "step-4").rmdir()
    _, progress = Checkpoints(tmp_path).latest()
    with pytest.raises(RunError, match="its reference, which moved after step 4, is not at"):
        await run(job(), FakeFleet(), tmp_path, start=progress)


def test_settings_are_held_to_what_they_mean():
    held = job(every=512).model_dump(mode="json")["reference"]
    assert json.loads(json.dumps(held)) == {
        "model": None,
        "follows": {"every": 512, "share": 0.5},
        "replicas": 1,
        "where": "own",
    }
    assert job().held_to == "org/policy"
    with pytest.raises(SpecError, match="says nothing of it, neither a `model` nor how it `follows`"):
        pairs_job(reference={})
    with pytest.raises(SpecError, match="a task's loss reads one beside the policy"):
        job(task={"method": {"type": "tdpo"}})
    for wrong in ({"every": 0}, {"every": 1, "share": 0.0}, {"every": 1, "share": 1.5}):
        with pytest.raises(SpecError):
            pairs_job(reference={"follows": wrong})
