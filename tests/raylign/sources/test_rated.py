"""Files of rated responses: drawn, trained on through the loop by VCB, with each row's own sigma."""

from types import SimpleNamespace

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import take
from rated_job import rated_job

from raylign.errors import SpecError
from raylign.record.events.payloads import EvaluationDone, StepDone
from raylign.sources.rated import rated

ROWS = [(["a" * 2, "b" * 3, "c" * 4], [1.0, 3.0, 5.0 + number]) for number in range(8)]


async def run(fleet, directory, *, rows=ROWS, kind=StepDone, **how):
    made = [make_prompt("talk", at, responses=texts, rewards=rewards) for at, (texts, rewards) in enumerate(rows)]
    said = []
    job = rated_job(**how)
    await take(
        job, fleet, directory, prompts={"talk": made}, encode=lambda one: tuple(map(ord, one.baseline)),
        emit=said.append,
    )  # fmt: skip
    return [one for one in said if isinstance(one, kind)]


async def test_a_rows_responses_are_one_term_whose_targets_are_their_rewards_in_its_sigmas(tmp_path):
    fleet = FakeFleet()
    fleet.rollouts = fleet.judges = fleet.weights = None  # nobody stands behind these seams
    steps = await run(fleet, tmp_path, rows=ROWS[:1] * 8)
    examples = [example for batch in fleet.trainer.batches for example in batch]
    assert len(examples) == 8
    for example in examples:
        assert ["".join(map(chr, one.response_ids)) for one in example.sequences] == ROWS[0][0]
        assert [one.target for one in example.sequences] == pytest.approx([-1.0, 0.0, 1.0])  # sigma 2
        assert example.staleness is None
    assert [step.tasks["talk"].reward for step in steps] == pytest.approx([3.0] * 4)
    assert {step.tasks["talk"].satisfied for step in steps} == {None}


async def test_rows_held_out_are_examined_with_their_own_rewards(tmp_path):
    said = await run(FakeFleet(), tmp_path, steps=1, kind=EvaluationDone)
    assert [one.step for one in said] == [0, 1]
    assert {"loss", "slope"} == said[0].tasks["talk"].held_out.keys()


async def test_of_prompts_alone_nothing_is_held_out(tmp_path):
    rated_one, bare = make_prompt("talk", 0, responses=["a", "b"], rewards=[0.0, 1.0]), make_prompt("talk", 1)
    means = SimpleNamespace(
        world=SimpleNamespace(prompts={"talk": [rated_one]}, eval_prompts={"talk": [bare, rated_one]}),
        encode=lambda one: tuple(map(ord, one.baseline)),
    )
    async with rated(rated_job(), means) as source:
        (group,) = source.held_out()
    assert (group.prompt, group.pool) == (rated_one, (0.0, 1.0))


async def test_the_first_of_many_are_taken_and_sigma_is_of_all(tmp_path):
    fleet = FakeFleet()
    await run(fleet, tmp_path, rows=ROWS[:1] * 8, task={"samples_per_prompt": 2})
    (targets,) = {
        tuple(round(one.target, 9) for one in example.sequences) for batch in fleet.trainer.batches for example in batch
    }
    assert targets == (-0.5, 0.5)


async def test_equal_rewards_are_floored_and_equal_responses_skipped(tmp_path):
    rows = [(["a", "a"], [1.0, 2.0]), (["a", "b"], [1.0, 1.0])] * 4
    steps = await run(FakeFleet(), tmp_path, rows=rows, task={"prompts_per_step": 8}, steps=1)
    assert steps[0].tasks["talk"].skips == {"identical": 4, "sigma floored": 4}


async def test_a_file_without_rated_responses_is_refused_before_the_first_step(tmp_path):
    job, prompts = rated_job(), {"talk": [make_prompt("talk", at) for at in range(8)]}
    with pytest.raises(SpecError, match=r"task 'talk': 'p' holds no rated responses \(talk/0\)"):
        await take(job, FakeFleet(), tmp_path, prompts=prompts)
